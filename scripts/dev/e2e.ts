// Runs the tests that need Docker, the engine and a cluster, with the plugins that the scripts use on this machine.
import { onTerminal, runTool } from "../../components/host/run-tool.ts";
import { pluginsIn } from "../../toolchain/plugins.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { prepareMachine } from "../stack/machine.ts";
import { runScript } from "../stack/run-script.ts";

await runScript(async (temporaryFolder) => {
  const [{ env }] = await Promise.all([prepareTools(), prepareMachine()]);
  const plugins = await pluginsIn(env);
  console.log(`With Pulumi's Kubernetes plugin ${plugins.kubernetes} and Command plugin ${plugins.command}`);
  const args = ["--config", "tests/e2e/ava.config.js", ...process.argv.slice(2)];
  const { code } = await runTool("ava", args, {
    ...onTerminal,
    // Files that plain Pulumi leaves in its temporary folder are deleted with this one.
    env: { ...process.env, TMPDIR: temporaryFolder },
  });
  process.exitCode = code < 0 ? 1 : code;
});
