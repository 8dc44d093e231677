// Checks whether the speed-up is possible, and whether other ways to calculate it agree.
import { decimal, seconds, wholePercent } from "../format.ts";
import type { NodeRecord } from "../records.ts";
import { isNonEmpty, mean, median } from "../values.ts";
import { type Check, doubt, explain, lesserText, named } from "./finding.ts";

/** By chance, the interval's lower end exceeds its limit in one of forty runs, but rarely by this much. */
const marginAboveBound = 1.02;

/**
 * Doubtful if the speed-up lies entirely above what the hosts' cores allow. If chance may have put it slightly above,
 * it is explained.
 */
export const fasterThanPossible: Check = ({ timed: { speedupInterval, bound } }) => {
  if (speedupInterval === null || bound === null || speedupInterval[0] <= bound) return [];
  if (speedupInterval[0] <= marginAboveBound * bound) {
    const text = `By its interval, the throughput speed-up is at least ${decimal(speedupInterval[0])}. That is slightly more than the ${decimal(bound)} that the hosts' cores allow. Sometimes this happens by chance, so read it as ${decimal(bound)}.`;
    return [explain("at the bound", text)];
  }
  const text = `The throughput speed-up is at least ${decimal(speedupInterval[0])}, but the hosts' cores allow at most ${decimal(bound)}. So something slowed the single machine down while it was measured. Stop other programs there, and measure again.`;
  return [doubt("faster than possible", text)];
};

/** Share by which the speed-up by wall clocks may be lower. */
const allowedShortfall = 0.1;

/** Doubtful if time passed between rounds: the speed-up from the first start to the last end is then much lower. */
export const timeBetweenRounds: Check = ({ nodes, timed, metrics }) => {
  // Both timestamps come from the same pod, so the clocks of other pods do not matter.
  const spans = nodes.map(({ rounds }) => (rounds.at(-1)?.end ?? 0) - (rounds[0]?.start ?? 0));
  const [span, node] = spans.reduce<[number, NodeRecord | undefined]>(
    (longest, each, i) => (each > longest[0] ? [each, nodes[i]] : longest),
    [0, undefined],
  );
  if (span === 0) return [];
  const byClock = (timed.roundsPerWorker * timed.workers * timed.tSingle) / span;
  if (byClock >= (1 - allowedShortfall) * metrics.throughputSpeedup) return [];
  const text = `From the start of its first round to the end of its last one, ${node?.node ?? "a worker"} took ${seconds(span)}. By this time, the throughput speed-up is ${decimal(byClock)} instead of ${decimal(metrics.throughputSpeedup)}. Either time passed between its rounds, or its clock was set, or the rounds that count were unlike the others. Measure again.`;
  return [doubt("time between rounds", text)];
};

/** Share by which the mean may differ from the median. */
const allowedSkew = 0.05;

/** Explains that a few rounds took unusually long. They count for throughput, but a typical round is shorter. */
export const skewed: Check = ({ nodes, baseline, timed }) => {
  const found = named(nodes, baseline).flatMap(({ name, run }, i) => {
    // The workers come first. For the single machine, all rounds count.
    const times = (timed.window.counted[i] ?? run.rounds).map((round) => round.seconds);
    if (!isNonEmpty(times)) return [];
    const by = mean(times) / median(times) - 1;
    return Math.abs(by) > allowedSkew ? [{ name, by }] : [];
  });
  const [worst, ...others] = found.toSorted((a, b) => Math.abs(b.by) - Math.abs(a.by) || a.name.localeCompare(b.name));
  if (worst === undefined) return [];
  const text = `On ${worst.name}, the mean round takes ${wholePercent(Math.abs(worst.by))} ${worst.by > 0 ? "longer" : "less time"} than the median round.${lesserText(others)} Some rounds were unlike the others. The figures use means, so every round counts.`;
  return [explain("mean and median differ", text)];
};
