// The Python that pi.py runs on in the tests.
import { spawnSync } from "node:child_process";

/** Its own path: a version manager's stand-in on PATH takes longer to find it than it takes to start. */
export const python = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], {
  encoding: "utf8",
}).stdout.trim();
