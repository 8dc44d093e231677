// From whatever machine this is to a measured cluster.
import { conclude } from "./conclude.ts";
import { deploy } from "./deploy.ts";
import { prepareMachine } from "./machine.ts";
import { runScript } from "./script.ts";
import { openStack } from "./stack.ts";

await runScript(async () => {
  const stack = await openStack();
  const settings = await prepareMachine(stack);
  await deploy(stack, ...settings, ...stack.pulumiArgs);
  await conclude(stack);
});
