// Jobs of several sizes, as their user waits for them: what the same workers and the same single machine would take for less
// or more work than was measured. Both sides have their start.
import { slowestWith, throughputSpeedup } from "./formulas.ts";
import { type Interval, jobSpeedupInterval } from "./intervals.ts";
import type { TimedRun } from "./timed-run.ts";
import { mapAll, type NonEmpty } from "./values.ts";

/** A job of one size. Times are in seconds. */
export interface JobSize {
  /** How many times n, the samples of one worker and round, it has. */
  shares: number;
  samples: number;
  /** O_S + w·T_S for w shares. */
  single: number;
  /** max(O_i + w·T_i/N): equal parts for all workers. */
  cluster: number;
  /** Ratio of both: the end-to-end speed-up of this job. */
  speedup: number;
  /**
   * 95 % interval of the cluster's seconds beside a single machine whose time is drawn as one line: the doubt about both is in it, so
   * that it meets that line where the break-even's interval ends. Null where S has none.
   */
  clusterInterval: Interval | null;
  /** 95 % interval of the speed-up; null where the times have none. */
  interval: Interval | null;
}

/** One share, one for each worker, ten and a hundred; the smallest first, each once. Null where a start is unknown. */
export function jobSizes(run: TimedRun): NonEmpty<JobSize> | null {
  const shares = [...new Set([1, run.workers, 10, 100])].sort((a, b) => a - b);
  const sizes = shares.map((each) => jobSize(run, each));
  // None is null, and there is one for each of at least one share.
  return sizes.includes(null) ? null : (sizes as unknown as NonEmpty<JobSize>);
}

/** A job of so many shares; null where a start is unknown. */
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
  // Every T_i scaled by S/low and S/high, as in the break-even's interval.
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
