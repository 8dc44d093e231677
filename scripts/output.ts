// `pulumi stack output`, arguments passed on.
import { runScript } from "./script.ts";
import { openStack } from "./stack.ts";

await runScript(async () => {
  const stack = await openStack();
  await stack.pulumi("stack output", ...stack.passedOn);
});
