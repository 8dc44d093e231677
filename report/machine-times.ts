// The times of a round on every machine, for the summary, the read-me and the report.
import type { Assessment } from "../analysis/assessment.ts";
import { type Interval, meanInterval } from "../analysis/intervals.ts";
import { isMeasured, type Round, type Run } from "../analysis/records.ts";
import { isNonEmpty, mean, median, sum } from "../analysis/values.ts";
import { singleMachineName } from "./single-machine.ts";

/** Statistics of the rounds of one machine that count. Times are in seconds. */
export interface MachineTimes {
  name: string;
  single: boolean;
  /** T_i or T_S. */
  mean: number;
  /** 95 % interval of the mean; null if there are too few rounds. */
  interval: Interval | null;
  /** Null if the seconds were given. */
  median: number | null;
  /**
   * Share (0 to 1) of the time in which its processes were ready but had no processor; null if the kernel does not
   * report it.
   */
  waited: number | null;
  /** The rounds that count. */
  counted: readonly Round[];
  /** The rounds that do not count. */
  leftOut: readonly Round[];
  /** Its record; null if the seconds were given. */
  run: Run | null;
}

/** One per worker, in the order of the records, and one for the single machine. */
export function machineTimes({ nodes, baseline, window }: Pick<Assessment, "nodes" | "baseline" | "window">): {
  workers: MachineTimes[];
  single: MachineTimes;
} {
  const single = { name: singleMachineName(baseline), single: true };
  return {
    workers: nodes.map((node, i) => ({
      name: node.node,
      single: false,
      ...timesOf(node, window.counted[i] ?? node.rounds),
    })),
    single: isMeasured(baseline)
      ? { ...single, ...timesOf(baseline, baseline.rounds) }
      : {
          ...single,
          mean: baseline.seconds,
          interval: null,
          median: null,
          waited: null,
          counted: [],
          leftOut: [],
          run: null,
        },
  };
}

function timesOf(run: Run, counted: readonly Round[]): Omit<MachineTimes, "name" | "single"> {
  const times = counted.map(({ seconds }) => seconds);
  const counts = new Set(counted);
  return {
    mean: isNonEmpty(times) ? mean(times) : run.seconds,
    interval: isNonEmpty(times) ? meanInterval(times) : null,
    median: isNonEmpty(times) ? median(times) : null,
    waited: waitedShare(run, counted),
    counted,
    leftOut: run.rounds.filter((round) => !counts.has(round)),
    run,
  };
}

/** The processes wait in parallel, so their seconds are relative to the total time of all processes. */
function waitedShare({ processes }: Run, counted: readonly Round[]): number | null {
  const waited = counted.map((round) => round.waited);
  const known = waited.filter((each) => each !== null);
  if (known.length === 0 || known.length < waited.length) return null;
  return Math.min(1, sum(known) / (processes * sum(counted.map(({ seconds }) => seconds))));
}
