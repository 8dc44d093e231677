// Whether the rounds of a machine are of one length, and those of all machines were at the same time.
import { wholePercent } from "../format.ts";
import { roundTimes } from "../round-times.ts";
import { driftOf } from "../trend.ts";
import { isNonEmpty, median } from "../values.ts";
import { type Check, doubt, doubtWorst, type MachineFinding, named } from "./finding.ts";

/** Chance of a false alarm in a whole run, shared among its records. */
const trendLevel = 0.01;
/** Share of the median by which rounds must have grown from first to last to matter. */
const noticeableDrift = 0.05;

/** Doubts rounds of which each is slower than the one before. */
export const slowerRounds: Check = ({ nodes, baseline }) => {
  const all = named(nodes, baseline);
  const findings = all.flatMap(({ name, run }): MachineFinding[] => {
    const { chance, drift } = driftOf(roundTimes(run));
    if (chance > trendLevel / all.length || drift < noticeableDrift) return [];
    const found = `On ${name} every round is slower than the one before, by ${wholePercent(drift)} in the end`;
    return [{ name, badness: drift, found }];
  });
  return doubtWorst("rounds get slower", findings, "heat or throttling; cool it, and measure again");
};

/** Range over median. Three workers on two cores show 0.3, one that the scheduler moves about 0.4. */
const wideScatter = 0.5;

/** Doubts rounds that differ widely. */
export const scatter: Check = ({ nodes, baseline }) => {
  const findings = named(nodes, baseline).flatMap(({ name, run }): MachineFinding[] => {
    const times = roundTimes(run);
    if (!isNonEmpty(times) || times.length < 3) return [];
    const range = (Math.max(...times) - Math.min(...times)) / median(times);
    if (range <= wideScatter) return [];
    return [{ name, badness: range, found: `The rounds on ${name} differ by ${wholePercent(range)} of their median` }];
  });
  const advice = "see what else runs there, or raise pi-speedup:samples until a round takes a second";
  return doubtWorst("rounds scatter", findings, advice);
};

/** Doubts pods that did not compute at the same time. */
export const together: Check = ({ metrics: { concurrency } }) =>
  concurrency === null || concurrency >= 0.8
    ? []
    : [
        doubt(
          "pods not together",
          `The pods computed at the same time for only ${wholePercent(concurrency)} of the shortest one's time: what they do together was not measured; raise pi-speedup:samples or rounds.`,
        ),
      ];
