// The tests that need Docker, the engine and a cluster.
import { spawnSync } from "node:child_process";
import { prepareMachine } from "./machine.ts";
import { runScript } from "./script.ts";

await runScript(async () => {
  await prepareMachine();
  const { status, error } = spawnSync("ava", ["--config", "tests/e2e/ava.config.js", ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
});
