// Measures again: both halves of the baseline, the Job between them, and the scaling study. `npm run measure --
// baseline` measures only the baseline.
import { deploy } from "./stack/deploy.ts";
import { openStackOnMachine } from "./stack/machine.ts";
import { publishResults } from "./stack/publish-results.ts";
import { runScript } from "./stack/run-script.ts";

await runScript(async (temporaryFolder) => {
  const { stack, settings } = await openStackOnMachine(temporaryFolder);
  const onlyBaseline = stack.pulumiArgs[0] === "baseline";
  const pulumiArgs = onlyBaseline ? stack.pulumiArgs.slice(1) : stack.pulumiArgs;
  // Patterns, because the names of the baseline's resources depend on the configuration. Triggers make the collectors
  // follow their Jobs.
  const baseline = [
    "$command:local:Command::baseline-*",
    "$pi-speedup:workload:PiJob$kubernetes:batch/v1:Job::baseline-*",
  ].map((end) => `--replace=**Baseline${end}`);
  const jobs = [
    "--replace=**::pi-speedup:workload:PiJob$kubernetes:batch/v1:Job::pi",
    "--replace=**Study$pi-speedup:workload:PiJob$kubernetes:batch/v1:Job::study-*",
  ];
  const replaced = onlyBaseline ? baseline : [...baseline, ...jobs];
  await deploy(stack, ...replaced, ...settings, ...pulumiArgs);
  await publishResults(stack);
});
