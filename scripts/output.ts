// `pulumi stack output` with the given arguments. Without any, it ends with the summary in readable form.
import { printableText } from "../analysis/printable.js";
import { paint } from "../report/terminal-colours.ts";
import { measurementOf } from "./stack/measurement.ts";
import { runScript } from "./stack/run-script.ts";
import { openStack } from "./stack/stack.ts";

await runScript(async (temporaryFolder) => {
  const stack = await openStack(temporaryFolder);
  await stack.pulumi.show(["stack", "output"], ...stack.pulumiArgs);
  if (stack.pulumiArgs.length > 0) return;
  const measurement = await measurementOf(stack);
  if (measurement !== undefined) console.log(`\n${paint(printableText(measurement.summary))}`);
});
