// Checks whether the speed-up is possible, and whether other ways to calculate it agree.
import { decimal, seconds, shortList, wholePercent } from "../format.ts";
import type { NodeRecord } from "../records.ts";
import { isNonEmpty, mean, median } from "../values.ts";
import { type Check, doubt, explain, named } from "./finding.ts";

/** By chance, the interval's lower end exceeds its limit in one of forty runs, but rarely by this much. */
const marginAboveBound = 1.02;

/**
 * Doubtful if the speed-up lies entirely above what the hosts' cores allow. If chance may have put it slightly above,
 * it is explained.
 */
export const fasterThanPossible: Check = ({ timed: { speedupInterval, bound } }) => {
  if (speedupInterval === null || bound === null || speedupInterval[0] <= bound) return [];
  if (speedupInterval[0] <= marginAboveBound * bound) {
    const text = `The throughput speed-up is at least ${decimal(speedupInterval[0])} by its interval, a little more than the ${decimal(bound)} that the hosts' cores allow: chance does that now and then, so take it for ${decimal(bound)}.`;
    return [explain("at the bound", text)];
  }
  const text = `The throughput speed-up is at least ${decimal(speedupInterval[0])}, and the hosts' cores allow ${decimal(bound)} at most: the single machine was slowed while it was measured. Stop what else runs there, and measure again.`;
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
  const text = `From its first round's start to its last one's end ${node?.node ?? "a worker"} took ${seconds(span)}, by which the throughput speed-up is ${decimal(byClock)} instead of ${decimal(metrics.throughputSpeedup)}: time passed between its rounds, its clock was set, or the rounds that count were unlike the others. Measure again.`;
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
  const also = others.length === 0 ? "" : ` (so, though less, on ${shortList(others.map(({ name }) => name))})`;
  const text = `On ${worst.name} the mean round takes ${wholePercent(Math.abs(worst.by))} ${worst.by > 0 ? "longer" : "less"} than the median one${also}: some rounds were unlike the others. The figures are made of means, which count them all.`;
  return [explain("mean and median differ", text)];
};
