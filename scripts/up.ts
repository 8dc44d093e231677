// Takes this machine, whatever its state, to a measured cluster.

import { deploy } from "./stack/deploy.ts";
import { openStackOnMachine } from "./stack/machine.ts";
import { runScript } from "./stack/run-script.ts";

await runScript(async (temporaryFolder) => {
  const { stack, settings } = await openStackOnMachine(temporaryFolder);
  const [, { publishResults }] = await Promise.all([
    deploy(stack, ...settings, ...stack.pulumiArgs),
    // Loaded while Pulumi works.
    import("./stack/publish-results.ts"),
  ]);
  await publishResults(stack);
});
