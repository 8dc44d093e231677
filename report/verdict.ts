// The verdict on a run, in a few plain sentences. Any doubt comes before the claim, and without an interval there is no
// claim.
import type { Assessment } from "../analysis/assessment.ts";
import { between, betweenOpenSeconds, milli, plural, ratio, seconds, whole } from "../analysis/format.ts";
import { fewestRounds } from "../analysis/intervals.ts";
import { judgementText } from "../analysis/judgement.ts";
import type { Metrics } from "../analysis/metrics.ts";
import { isMeasured } from "../analysis/records.ts";
import { singleSubject, thatSubject } from "./single-machine.ts";

/** Whether the workers together are faster than one process of the single machine, as far as the interval shows. */
export type Outcome = "faster" | "slower" | "undecided";

/** By the interval of the speed-up. Without one, it is undecided. */
export function outcomeOf({ throughputSpeedupCI95 }: Metrics): Outcome {
  if (throughputSpeedupCI95 === null) return "undecided";
  const [low, high] = throughputSpeedupCI95;
  return low > 1 ? "faster" : high < 1 ? "slower" : "undecided";
}

/** The command that compares whole machines, rather than one core with several. */
export const wholeMachines = "npm run up -- --config pi-speedup:processes=cores";

/**
 * The verdict, sentence by sentence: the workers compared with one process of the single machine, what that machine's
 * other cores could do, from which job size on the cluster is faster, and finally whether the run is reliable.
 */
export function verdict(run: Assessment): string[] {
  return [whatToBelieve(run), ...idleCores(run), ...withStart(run), judgementText(run.judgement)];
}

function whatToBelieve({ nodes, baseline, metrics, judgement }: Assessment): string {
  const { workers, samplesPerWorker, throughputSpeedup, throughputSpeedupCI95, tSlowest, tSequential } = metrics;
  const work = `${whole(workers * samplesPerWorker)} samples`;
  const times = `in ${seconds(tSlowest)} instead of ${seconds(tSequential)}`;
  const subject = `${workers === 1 ? "the one worker does" : `the ${workers} workers together do`} ${work}`;
  const who = judgement.valid ? subject.replace(/^t/, "T") : `If this run can be trusted, ${subject}`;
  const interval = throughputSpeedupCI95 === null ? "" : ` (95 % interval ${between(throughputSpeedupCI95, ratio)})`;
  const figure = `The throughput speed-up S is ${ratio(throughputSpeedup)}${interval}. The tutorial's ${ratio(metrics.linearRatio)}× is not a speed-up.`;
  switch (outcomeOf(metrics)) {
    case "faster":
      return `${who} faster than ${singleSubject(baseline)}, ${times}. ${figure}`;
    case "slower":
      return `${who} more slowly than ${singleSubject(baseline)}, ${times}. ${figure}`;
    case "undecided":
      return `${who} in ${seconds(tSlowest)}, compared with ${seconds(tSequential)} for ${singleSubject(baseline)}. ${whyUndecided(nodes[0]?.rounds.length ?? 1, metrics)} ${figure}`;
  }
}

function whyUndecided(rounds: number, { throughputSpeedupCI95 }: Metrics): string {
  if (throughputSpeedupCI95 !== null) return "These rounds cannot show which is faster.";
  return rounds === 1
    ? `One round shows approximately how long each machine takes, but not which is faster. That takes at least ${fewestRounds} rounds.`
    : `Without an interval, it is unknown which is faster. An interval takes at least ${fewestRounds} rounds that count.`;
}

/** One process leaves a machine's other cores idle: what they could do, and how to compare whole machines. */
function idleCores({ baseline, metrics }: Assessment): string[] {
  const compare = `\`${wholeMachines}\` compares whole machines.`;
  if (!isMeasured(baseline)) {
    return ["The single machine has an unknown number of cores. One process uses one of them."];
  }
  const { cores, processes } = baseline;
  const atOnce = Math.floor(cores / processes);
  if (atOnce < 2) return [];
  const all = metrics.tSequential / atOnce;
  const used = `${thatSubject(baseline).replace(/^t/, "T")} used ${processes} of the ${whole(cores)} cores of the single machine.`;
  return [
    `${used} With all its cores, the single machine would take about ${seconds(all)}, if they do not disturb each other. ${compare}`,
  ];
}

function withStart({ baseline, metrics }: Assessment): string[] {
  const { workers, overhead, breakEvenSeconds, breakEvenCI95, samplesPerWorker, tSingle, balancedSpeedup } = metrics;
  const outcome = outcomeOf(metrics);
  if (outcome === "slower") {
    if (workers === 1) return ["No job is large enough for the worker to catch up."];
    const bySpeed =
      balancedSpeedup > 1
        ? ` With the work divided by speed, the throughput speed-up would be about ${ratio(balancedSpeedup)}.`
        : "";
    return [`With equal parts, no job is large enough for the workers to catch up.${bySpeed}`];
  }
  if (overhead === null) {
    return ["The cluster's overhead is unknown. So it is unknown for which jobs the cluster is faster."];
  }
  if (isMeasured(baseline) && baseline.overhead === null) {
    return ["The single machine's overhead is unknown. So it is unknown for which jobs the cluster is faster."];
  }
  if (outcome === "undecided" || breakEvenSeconds === null) {
    // If the cluster's overhead is no larger than the single machine's, short jobs gain as much as long ones.
    if (breakEvenCI95 === null || breakEvenCI95[0] === 0) return [];
    return [
      `These rounds cannot show for which jobs the cluster is faster. It is not faster for jobs that take ${thatSubject(baseline)} less than ${seconds(breakEvenCI95[0])}.`,
    ];
  }
  if (breakEvenSeconds === 0) {
    return [
      `Including the overhead of both sides (the cluster's is ${milli(overhead)}), the cluster is faster for jobs of any size. Its overhead is no larger than the single machine's.`,
    ];
  }
  const samples = (breakEvenSeconds / tSingle) * samplesPerWorker;
  const bounds = breakEvenCI95 === null ? "" : ` The 95 % interval is ${betweenOpenSeconds(breakEvenCI95)}.`;
  return [
    `Including the overhead of both sides (the cluster's is ${milli(overhead)}), the cluster is faster for jobs that take ${thatSubject(baseline)} more than ${seconds(breakEvenSeconds)}. That is about ${approximate(samples)} ${plural(samples, "sample")}.${bounds}`,
  ];
}

/** Two significant digits, in full. */
function approximate(value: number): string {
  return value < 1e15 ? whole(Number(value.toPrecision(2))) : value.toPrecision(2);
}
