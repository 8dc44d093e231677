// Runs the tests that need Docker, the engine and a cluster, with the plugins that the scripts use on this machine.
import { globSync } from "node:fs";
import { onTerminal, runTool } from "../../components/host/run-tool.ts";
import { pluginsIn } from "../../toolchain/plugins.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { prepareMachine } from "../stack/machine.ts";
import { runScript } from "../stack/run-script.ts";

const all = globSync("tests/e2e/*.test.ts");
/**
 * These have the machine to themselves: they measure it, compute on all its cores, interrupt a run by the clock, look at all
 * that Docker holds, or start plugins that another run takes for orphans.
 */
const alone = ["embedded", "faults", "go-programs", "local-users", "readme", "study"].map((name) => {
  const file = `tests/e2e/${name}.test.ts`;
  if (!all.includes(file)) throw new Error(`There is no ${file}, which scripts/dev/e2e.ts names.`);
  return file;
});
/** The others mostly wait, so two of them run side by side. Each has a stack and a cluster of its own. */
const others = all.filter((file) => !alone.includes(file));
const named = process.argv.slice(2);
const groups =
  named.length > 0
    ? [["--serial", ...named]]
    : [
        ["--serial", ...alone],
        ["--concurrency=2", ...others],
      ];

await runScript(async (temporaryFolder) => {
  const [{ env }] = await Promise.all([prepareTools(), prepareMachine()]);
  const plugins = await pluginsIn(env);
  console.log(`With Pulumi's Kubernetes plugin ${plugins.kubernetes} and Command plugin ${plugins.command}`);
  for (const group of groups) {
    const { code, interrupted } = await runTool("ava", ["--config", "tests/e2e/ava.config.js", ...group], {
      ...onTerminal,
      // Files that plain Pulumi leaves in its temporary folder are deleted with this one.
      env: { ...process.env, TMPDIR: temporaryFolder },
    });
    process.exitCode ||= code < 0 ? 1 : code;
    if (interrupted) {
      // Even if these tests had just passed, the rest was not run.
      process.exitCode ||= 1;
      break;
    }
  }
});
