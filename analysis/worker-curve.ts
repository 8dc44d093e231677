// What fewer workers would reach: the first p of them, if they do not disturb each other. A single run can't test this
// condition; a scaling study can.
import { type Interval, throughputSpeedupInterval } from "./intervals.ts";
import type { TimedRun } from "./timed-run.ts";
import { isNonEmpty } from "./values.ts";

/** The first p workers. */
export interface CurvePoint {
  /** p. */
  workers: number;
  /** T(p) = max T_i of the first p workers, seconds. */
  time: number;
  /** p·T_S/T(p), ratio. */
  speedup: number;
  /** Its 95 % interval, not limited by any bound; null if there are too few rounds. */
  interval: Interval | null;
}

/** One point for each number of workers from 1 to N, in the order of the records. */
export function workerCurve({ times, tSingle, singleBounds, workerBounds }: TimedRun): CurvePoint[] {
  let time = 0;
  return times.map((each, i) => {
    const workers = i + 1;
    time = Math.max(time, each);
    const bounds = workerBounds?.slice(0, workers) ?? [];
    return {
      workers,
      time,
      speedup: (workers * tSingle) / time,
      interval: singleBounds !== null && isNonEmpty(bounds) ? throughputSpeedupInterval(singleBounds, bounds) : null,
    };
  });
}
