// Takes this machine, whatever its state, to a measured cluster.

import { deploy } from "./stack/deploy.ts";
import { openStackOnMachine } from "./stack/machine.ts";
import { publishResults } from "./stack/publish-results.ts";
import { runScript } from "./stack/run-script.ts";

await runScript(async (temporaryFolder) => {
  const { stack, settings } = await openStackOnMachine(temporaryFolder);
  await deploy(stack, ...settings, ...stack.pulumiArgs);
  await publishResults(stack);
});
