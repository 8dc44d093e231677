// A study's points as what a chart and a table show: how many times the work of one worker alone, point by point.
import { amdahl, gustafson, type LawForm, rightSide, universal } from "../../analysis/scaling/laws.ts";
import type { Law, Scaling, ScalingPoint } from "../../analysis/scaling/study-records.ts";
import { studentQuantile } from "../../analysis/student.ts";

/** One point, set against the single worker of its block. */
export interface ShownPoint extends ScalingPoint {
  /** p·T_1/T for work that grows, T_1/T for work that is divided; null where its block has no point with one worker. */
  speedup: number | null;
  /** The same as the user waits, the start included on both sides; null where a start is unknown. */
  waitSpeedup: number | null;
}

/** In the order of their measuring. */
export function shownPoints({ kind, points }: Scaling): ShownPoint[] {
  const alone = new Map(points.filter(({ workers }) => workers === 1).map((point) => [point.block, point]));
  return points.map((point) => {
    const single = alone.get(point.block);
    const work = kind === "weak" ? point.workers : 1;
    return {
      ...point,
      speedup: single === undefined ? null : (work * single.seconds) / point.seconds,
      waitSpeedup: !single?.wait || !point.wait ? null : (work * single.wait) / point.wait,
    };
  });
}

/** Worker counts of a study, ascending. */
export function countsOf({ points }: Scaling): number[] {
  return [...new Set(points.map(({ workers }) => workers))].sort((a, b) => a - b);
}

/** Mean over the blocks for each worker count, ascending; counts without a value are left out. */
export function means<T>(
  points: readonly (T & { workers: number })[],
  value: (point: T) => number | null,
): { workers: number; mean: number }[] {
  const counts = [...new Set(points.map(({ workers }) => workers))].sort((a, b) => a - b);
  return counts.flatMap((workers) => {
    const values = points.filter((point) => point.workers === workers).flatMap((point) => value(point) ?? []);
    return values.length === 0 ? [] : [{ workers, mean: values.reduce((sum, each) => sum + each, 0) / values.length }];
  });
}

/** What the hosts' cores allow with so many workers, where that is less than all of them. */
export function coreBounds({ points }: Scaling): { workers: number; bound: number }[] {
  const bounds = means(points, ({ bound }) => bound).map(({ workers, mean }) => ({ workers, bound: mean }));
  return bounds.some(({ workers, bound }) => bound < workers) ? bounds : [];
}

const forms: Record<Law["name"], LawForm> = {
  Amdahl: amdahl,
  Gustafson: gustafson,
  "Universal Scalability Law": universal,
};

/** A law's speed-up with its 95 % band, at `steps` places between the smallest and the largest count that was measured. */
export function lawBand(
  law: Law,
  counts: readonly number[],
  steps = 60,
): { workers: number; speedup: number; low: number; high: number }[] {
  const [least = 1, most = 1] = [counts[0], counts.at(-1)];
  const form = forms[law.name];
  const coefficients = [law.coefficient, ...(law.exchange === null ? [] : [law.exchange.coefficient])];
  const t = studentQuantile(0.975, law.degrees);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const workers = least + ((most - least) * i) / steps;
    const [first = 0, second = 0] = form.terms(workers);
    const [ofFirst = 0, ofSecond = 0, ofBoth = 0] = law.variance;
    const side = rightSide(form, coefficients, workers);
    const margin =
      t * Math.sqrt(Math.max(0, first ** 2 * ofFirst + second ** 2 * ofSecond + 2 * first * second * ofBoth));
    // The laws are written so that the side itself is p over the speed-up, or the speed-up over p.
    const of = (value: number) => (form.divided ? workers / value : workers * value);
    const ends = [of(Math.max(side - margin, 1e-9)), of(side + margin)];
    return { workers, speedup: of(side), low: Math.min(...ends), high: Math.max(...ends) };
  });
}
