// The tests that need Docker, the engine and a cluster, with the plugins that the scripts use on this machine.
import { spawnSync } from "node:child_process";
import { pluginsIn } from "../../toolchain/plugins.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { prepareMachine } from "../stack/machine.ts";
import { runScript } from "../stack/run-script.ts";

await runScript(async () => {
  const [{ env }] = await Promise.all([prepareTools(), prepareMachine()]);
  const plugins = await pluginsIn(env);
  console.log(`With Pulumi's Kubernetes plugin ${plugins.kubernetes} and Command plugin ${plugins.command}`);
  const args = ["--config", "tests/e2e/ava.config.js", ...process.argv.slice(2)];
  const { status, error } = spawnSync("ava", args, { stdio: "inherit" });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
});
