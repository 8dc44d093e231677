// From whatever machine this is to a measured cluster.
import { conclude } from "./conclude.ts";
import { deploy } from "./deploy.ts";
import { openStackOnMachine } from "./machine.ts";
import { runScript } from "./script.ts";

await runScript(async (temporaryFolder) => {
  const { stack, settings } = await openStackOnMachine(temporaryFolder);
  await deploy(stack, ...settings, ...stack.pulumiArgs);
  await conclude(stack);
});
