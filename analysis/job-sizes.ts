// Jobs of several sizes as the user experiences them: the times of the same workers and the same single machine for
// less or more work than was measured, with the overhead of both sides.
import { slowestWith, throughputSpeedup } from "./formulas.ts";
import { type Interval, jobSpeedupInterval } from "./intervals.ts";
import type { TimedRun } from "./timed-run.ts";
import { mapAll, type NonEmpty } from "./values.ts";

/** A job of one size. Times are in seconds. */
export interface JobSize {
  /** Its size in units of n, the samples of one worker and round. */
  shares: number;
  samples: number;
  /** O_S + w·T_S for w shares. */
  single: number;
  /** max(O_i + w·T_i/N), with equal shares for all workers. */
  cluster: number;
  /** Their ratio: the end-to-end speed-up for this job. */
  speedup: number;
  /**
   * 95 % interval of the cluster's seconds, relative to a single machine that is drawn as one line. It includes the
   * uncertainty of both, so it crosses that line at the ends of the break-even's interval. Null if S has no interval.
   */
  clusterInterval: Interval | null;
  /** 95 % interval of the speed-up; null if the times have none. */
  interval: Interval | null;
}

/**
 * One share, one per worker, ten, and a hundred; in ascending order, without duplicates. Null if an overhead is
 * unknown.
 */
export function jobSizes(run: TimedRun): NonEmpty<JobSize> | null {
  const shares = [...new Set([1, run.workers, 10, 100])].sort((a, b) => a - b);
  const sizes = shares.map((each) => jobSize(run, each));
  // None is null, and there is at least one share.
  return sizes.includes(null) ? null : (sizes as unknown as NonEmpty<JobSize>);
}

/** A job of this many shares; null if an overhead is unknown. */
export function jobSize(run: TimedRun, shares: number): JobSize | null {
  const {
    tSingle,
    singleOverhead,
    times,
    workers,
    cost,
    samplesPerWorker,
    singleBounds,
    workerBounds,
    speedupInterval,
  } = run;
  const starts = cost.ofPods;
  if (singleOverhead === null || starts === null) return null;
  const single = singleOverhead + shares * tSingle;
  const clusterTime = (scale: number) =>
    slowestWith(
      starts,
      mapAll(times, (time) => (scale * shares * time) / workers),
    );
  const scaledSpeedup = throughputSpeedup(tSingle, times);
  const cluster = clusterTime(1);
  // Every T_i scaled by S/low and S/high, as for the break-even's interval.
  const [slow, fast] = speedupInterval?.map((end) => clusterTime(scaledSpeedup / end)) ?? [];
  return {
    shares,
    samples: shares * samplesPerWorker,
    single,
    cluster,
    speedup: single / cluster,
    clusterInterval: slow === undefined || fast === undefined ? null : [fast, slow],
    interval:
      singleBounds &&
      workerBounds &&
      jobSpeedupInterval(shares, singleBounds, workerBounds, { single: singleOverhead, workers: starts }),
  };
}
