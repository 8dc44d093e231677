// The tests that need Docker, the engine and a cluster: with the stand-ins for Pulumi's plugins, and with the official
// plugins as well where they are at hand.
import { spawnSync } from "node:child_process";
import { pluginsAreOfficial } from "../toolchain/pulumi.ts";
import { prepareTools } from "../toolchain/tools.ts";
import { prepareMachine } from "./machine.ts";
import { runScript } from "./script.ts";

await runScript(async () => {
  await prepareMachine();
  const { env } = await prepareTools();
  const withPlugins = pluginsAreOfficial(env) ? ["stand-ins", "official"] : ["stand-ins"];
  for (const plugins of withPlugins) {
    console.log(`\nWith Pulumi's plugins: ${plugins}`);
    const { status, error } = spawnSync("ava", ["--config", "tests/e2e/ava.config.js", ...process.argv.slice(2)], {
      stdio: "inherit",
      env: { ...process.env, PI_SPEEDUP_PLUGINS: plugins },
    });
    if (error !== undefined) throw error;
    if (status !== 0) {
      process.exitCode = status ?? 1;
      break;
    }
  }
});
