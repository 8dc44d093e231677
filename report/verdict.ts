// What a run shows, in two or three plain sentences.

import type { Assessment } from "../analysis/assessment.ts";
import { runVerdict } from "../analysis/checks/run-checks.ts";
import { coarse, orDash, plural, ratio, seconds, whole } from "../analysis/format.ts";
import type { Metrics } from "../analysis/metrics.ts";

/** Whether the workers together beat the single machine, as far as the intervals tell. */
export type Outcome = "faster" | "slower" | "undecided";

/** By the speed-up's interval; without one, by the estimate. */
export function outcomeOf({ throughputSpeedup, throughputSpeedupCI95 }: Metrics): Outcome {
  const [low, high] = throughputSpeedupCI95 ?? [throughputSpeedup, throughputSpeedup];
  return low > 1 ? "faster" : high < 1 ? "slower" : "undecided";
}

/** The verdict, sentence by sentence: the figure to believe, what it means with Kubernetes' overhead, and whether the run can be trusted. */
export function verdict({ metrics, notes }: Assessment): string[] {
  return [whatToBelieve(metrics), ...withOverhead(metrics), runVerdict(notes)];
}

function whatToBelieve(metrics: Metrics): string {
  const { workers, samplesPerWorker, throughputSpeedup, tSlowest, tSequential } = metrics;
  const work = `${whole(workers * samplesPerWorker)} samples`;
  const times = `${seconds(tSlowest)} against ${seconds(tSequential)}`;
  const who = `${workers === 1 ? "The one worker does" : `The ${workers} workers together do`} ${work}`;
  const figure = `throughput speed-up ${ratio(throughputSpeedup)}; the tutorial's ${ratio(metrics.linearRatio)}× is no gain`;
  switch (outcomeOf(metrics)) {
    case "faster":
      return `${who} faster than the single machine: ${times} (${figure}).`;
    case "slower":
      return `${who} more slowly than the single machine alone: ${times} (${figure}).`;
    case "undecided":
      return `${who} in ${times}: whether that is a gain these rounds can't tell (${figure}).`;
  }
}

function withOverhead(metrics: Metrics): string[] {
  const { workers, overhead, breakEvenSeconds, samplesPerWorker, tSingle } = metrics;
  const outcome = outcomeOf(metrics);
  if (outcome === "slower") return [`No job is large enough for ${workers === 1 ? "it" : "them"} to catch up.`];
  if (outcome === "undecided" || breakEvenSeconds === null) return [];
  const samples = (breakEvenSeconds / tSingle) * samplesPerWorker;
  return [
    `Kubernetes' overhead of ${orDash(overhead, coarse)} included, the cluster wins with jobs that take the single machine more than ${coarse(breakEvenSeconds)}, which is about ${approximate(samples)} ${plural(samples, "sample")}.`,
  ];
}

/** Two significant digits, written out. */
function approximate(value: number): string {
  return value < 1e15 ? whole(Number(value.toPrecision(2))) : value.toPrecision(2);
}
