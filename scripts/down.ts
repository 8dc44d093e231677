// Removes everything that `up` made, and says what stays.
import { cacheFolder } from "../toolchain/cache.ts";
import { removeLeftovers } from "./leftovers.ts";
import { runScript } from "./script.ts";
import { openStack } from "./stack.ts";

await runScript(async () => {
  const stack = await openStack();
  await stack.pulumi("destroy", "--yes", "--skip-preview", ...stack.passedOn);
  await stack.pulumi("stack rm", "--yes", "--preserve-config");
  await removeLeftovers();
  console.log(
    `Nothing of the stack «${stack.name}» is left on this machine. Kept for the next time: the tools in ${cacheFolder()}.`,
  );
});
