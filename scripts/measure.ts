// Measures again, now: baseline, Job and collector; `npm run measure -- baseline` the baseline alone.
import { prepareMachine } from "./machine.ts";
import { runScript } from "./script.ts";
import { openStack } from "./stack.ts";

await runScript(async () => {
  const stack = await openStack();
  const onlyBaseline = stack.passedOn[0] === "baseline";
  const passedOn = onlyBaseline ? stack.passedOn.slice(1) : stack.passedOn;
  const settings = await prepareMachine();
  const urn = (type: string, name: string) => `--replace=urn:pulumi:${stack.name}::pi-speedup::${type}::${name}`;
  const baseline = urn("pi-speedup:measurement:Baseline$command:local:Command", "baseline");
  // The collector follows the Job: its trigger is the Job's uid.
  const job = urn("pi-speedup:workload:PiWorkload$kubernetes:batch/v1:Job", "pi");
  const replaced = onlyBaseline ? [baseline] : [baseline, job];
  await stack.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", ...replaced, ...settings, ...passedOn);
  process.stdout.write(await stack.read("stack output", "summary"));
});
