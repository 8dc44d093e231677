// Runs all checks that take seconds and need no Docker: types, lint, format and spelling, then the tests.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { onTerminal, runTool } from "../../components/host/run-tool.ts";

const checks: [tool: string, ...args: string[]][] = [
  ["tsc", "--incremental", "--tsBuildInfoFile", "node_modules/.cache/tsc.json"],
  // Without this, it colours each character of what it writes to a file or to another program.
  ["biome", "ci", "--error-on-warnings", ...(process.stdout.isTTY ? [] : ["--colors=off"])],
  [
    "cspell",
    "--config",
    "scripts/dev/spelling.json",
    "--cache",
    "--cache-location=node_modules/.cache/cspell",
    "--no-progress",
    "--quiet",
  ],
  // Many tests wait for something, so more of them than there are cores run side by side.
  ["ava", `--concurrency=${2 * availableParallelism()}`, ...process.argv.slice(2)],
];
// Files that the tests leave in their temporary folders are deleted with this one.
const TMPDIR = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
// Some tests run programs as another user, who must find what is in there. Only names that they know: nobody can list it.
chmodSync(TMPDIR, 0o711);
try {
  for (const [tool, ...args] of checks) {
    const env = { ...process.env, TMPDIR };
    const { code } = await runTool(tool, args, { ...onTerminal, env });
    if (code !== 0) {
      process.exitCode = code < 0 ? 1 : code;
      break;
    }
  }
} finally {
  rmSync(TMPDIR, { recursive: true, force: true });
}
