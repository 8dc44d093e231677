// The curves of a study: what a law predicts for any worker count, what the cores allow, and what undisturbed workers
// would reach.
import type { Interval } from "../intervals.ts";
import { studentQuantile } from "../student.ts";
import { isNonEmpty, mapAll, mean, type NonEmpty, type Values, varianceOfMean } from "../values.ts";
import { amdahl, gustafson, type LawForm, logTime, logTimeGradient, universal } from "./laws.ts";
import type { Law, ScalingKind, StudyPoint } from "./study-records.ts";

const forms: Record<Law["name"], LawForm> = {
  Amdahl: amdahl,
  Gustafson: gustafson,
  "Universal Scalability Law": universal,
};

/** What a law predicts for p workers. */
export interface LawPoint {
  /** Ratio: p workers against one. With the same work for each, they do p shares of it. */
  speedup: number;
  /** Its 95 % interval. */
  interval: Interval;
  /** Seconds that p workers take. */
  seconds: number;
}

/** The law at a worker count within the measured range. Null if its coefficients allow no time there. */
export function lawAt(
  { name, coefficient, exchange, variance, degrees, single }: Law,
  workers: number,
): LawPoint | null {
  const form = forms[name];
  const coefficients = exchange === null ? [coefficient] : [coefficient, exchange.coefficient];
  const log = logTime(form, coefficients, workers);
  if (!Number.isFinite(log)) return null;
  const [a = 0, b = 0] = logTimeGradient(form, coefficients, workers);
  const [first = 0, second = 0, beside = 0] = variance;
  const margin =
    studentQuantile(0.975, degrees) * Math.sqrt(Math.max(0, a * a * first + b * b * second + 2 * a * b * beside));
  const work = form.divided ? 1 : workers;
  const speedup = work * Math.exp(-log);
  return {
    speedup,
    interval: [speedup * Math.exp(-margin), speedup * Math.exp(margin)],
    seconds: single * Math.exp(log),
  };
}

/** Ratio: the speed-up of a point that takes this many seconds, if one worker takes T_1. */
export function pointSpeedup(kind: ScalingKind, workers: number, seconds: number, single: number): number {
  return ((kind === "weak" ? workers : 1) * single) / seconds;
}

/** T_1 in seconds by block: the chosen time of its point with one worker. */
export function singleTimes<Point extends Pick<StudyPoint, "workers" | "block">>(
  points: readonly Point[],
  timeOf: (point: Point) => number | null,
): Map<number, number> {
  return new Map(
    points.flatMap((point): [number, number][] => {
      const time = point.workers === 1 ? timeOf(point) : null;
      return time === null ? [] : [[point.block, time]];
    }),
  );
}

/** This many workers against one, over the blocks of a study. */
export interface CountSpeedup {
  workers: number;
  /** Ratio. */
  speedup: number;
  /** Its 95 % interval; null if fewer than two blocks have both points. */
  interval: Interval | null;
  /** Degrees of freedom of the interval: the blocks that have both points, minus one. */
  degrees: number;
}

/**
 * The speed-up for each worker count, ascending: the value of each block, because blocks differ in level, and their
 * geometric mean, which does not depend on the direction of the ratio (Fleming & Wallace 1986, CACM 29(3)). The
 * interval is Student's t on logarithms. Counts that no block can compare with one worker are left out.
 */
export function countSpeedups<Point extends Pick<StudyPoint, "workers" | "block">>(
  kind: ScalingKind,
  points: readonly Point[],
  timeOf: (point: Point) => number | null,
): CountSpeedup[] {
  const alone = singleTimes(points, timeOf);
  const counts = [...new Set(points.map(({ workers }) => workers))].toSorted((a, b) => a - b);
  return counts.flatMap((workers) => {
    const logs = points.flatMap((point) => {
      const [time, single] = [timeOf(point), alone.get(point.block)];
      return point.workers !== workers || time === null || single === undefined
        ? []
        : [Math.log(pointSpeedup(kind, workers, time, single))];
    });
    if (!isNonEmpty(logs)) return [];
    const [centre, degrees] = [mean(logs), logs.length - 1];
    const margin = degrees < 1 ? null : studentQuantile(0.975, degrees) * Math.sqrt(varianceOfMean(logs));
    const interval: Interval | null = margin === null ? null : [Math.exp(centre - margin), Math.exp(centre + margin)];
    return [{ workers, speedup: Math.exp(centre), interval, degrees }];
  });
}

/** The speed-up that the hosts' cores allow a point, relative to one worker alone on its host. */
export function coresBound({ hosts }: Pick<StudyPoint, "hosts">): number {
  const alone = Math.max(
    ...hosts.map(({ nodes, cores, processes }) => Math.min(1, (cores * nodes.length) / processes)),
  );
  const all = hosts.reduce(
    (sum, { nodes, cores, processes }) => sum + nodes.length * Math.min(1, cores / processes),
    0,
  );
  return all / alone;
}

/**
 * T(p) in seconds of the first 1, 2, … workers, if they do not disturb each other: the longest of their T_i, from a run
 * in which each did all `samples`. If the work is divided, a p-th of it.
 */
export function undisturbed(kind: ScalingKind, times: Values): NonEmpty<number> {
  let slowest = 0;
  let workers = 0;
  return mapAll(times, (time) => {
    slowest = Math.max(slowest, time);
    workers++;
    return kind === "weak" ? slowest : slowest / workers;
  });
}
