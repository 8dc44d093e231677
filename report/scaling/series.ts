// A study's points as shown in a chart and a table: how many times the work of one worker alone, point by point.
import { lawAt, pointSpeedup, singleTimes } from "../../analysis/scaling/curve.ts";
import type { Law, Scaling, ScalingPoint } from "../../analysis/scaling/study-records.ts";
import { isNonEmpty, mean as meanOf } from "../../analysis/values.ts";

/** One point, relative to the single worker of its block. */
export interface ShownPoint extends ScalingPoint {
  /** p·T_1/T for work that grows, T_1/T for work that is divided; null if its block has no point with one worker. */
  speedup: number | null;
  /** The same for the time that the user waits, with the overhead of both sides; null if an overhead is unknown. */
  waitSpeedup: number | null;
}

/** In the order of measurement. */
export function shownPoints({ kind, points }: Scaling): ShownPoint[] {
  const [alone, aloneWaits] = [singleTimes(points, ({ seconds }) => seconds), singleTimes(points, ({ wait }) => wait)];
  return points.map((point) => {
    const { workers, block, seconds, wait } = point;
    const [single, singleWait] = [alone.get(block), aloneWaits.get(block)];
    return {
      ...point,
      speedup: single === undefined ? null : pointSpeedup(kind, workers, seconds, single),
      waitSpeedup: singleWait === undefined || wait === null ? null : pointSpeedup(kind, workers, wait, singleWait),
    };
  });
}

/** Worker counts of a study, ascending. */
export function countsOf({ points }: Scaling): number[] {
  return [...new Set(points.map(({ workers }) => workers))].sort((a, b) => a - b);
}

/** Mean over the blocks for each worker count, ascending. Counts without a value are left out. */
export function means<T>(
  points: readonly (T & { workers: number })[],
  value: (point: T) => number | null,
): { workers: number; mean: number }[] {
  const counts = [...new Set(points.map(({ workers }) => workers))].sort((a, b) => a - b);
  return counts.flatMap((workers) => {
    const values = points.filter((point) => point.workers === workers).flatMap((point) => value(point) ?? []);
    return isNonEmpty(values) ? [{ workers, mean: meanOf(values) }] : [];
  });
}

/** What the hosts' cores allow with this many workers, if that is less than the number of workers. */
export function coreBounds({ points }: Scaling): { workers: number; bound: number }[] {
  const bounds = means(points, ({ bound }) => bound).map(({ workers, mean }) => ({ workers, bound: mean }));
  return bounds.some(({ workers, bound }) => bound < workers) ? bounds : [];
}

/** A law's speed-up with its 95 % band, at `steps` places between the smallest and the largest measured count. */
export function lawBand(
  law: Law,
  counts: readonly number[],
  steps = 60,
): { workers: number; speedup: number; low: number; high: number }[] {
  const [least = 1, most = 1] = [counts[0], counts.at(-1)];
  return Array.from({ length: steps + 1 }, (_, i) => {
    const workers = least + ((most - least) * i) / steps;
    const place = lawAt(law, workers);
    return place === null ? [] : [{ workers, speedup: place.speedup, low: place.interval[0], high: place.interval[1] }];
  }).flat();
}
