// The rounds of one record as times, and what they say about their mean.
import { type Interval, meanInterval } from "./intervals.ts";
import type { Run } from "./records.ts";
import { isNonEmpty } from "./values.ts";

/** Seconds of each timed round, in order. */
export function roundTimes({ rounds }: Pick<Run, "rounds">): number[] {
  return rounds.map(({ seconds }) => seconds);
}

/** 95 % interval of the record's mean round; null where there are too few rounds. */
export function roundInterval(run: Pick<Run, "rounds">): Interval | null {
  const times = roundTimes(run);
  return isNonEmpty(times) ? meanInterval(times) : null;
}
