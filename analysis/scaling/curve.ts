// The curves of a study: what a law says at any worker count, what the cores allow, and what undisturbed workers would do.
import type { Interval } from "../intervals.ts";
import { studentQuantile } from "../student.ts";
import { mapAll, type NonEmpty, type Values } from "../values.ts";
import { amdahl, gustafson, type LawForm, logTime, logTimeGradient, universal } from "./laws.ts";
import type { Law, ScalingKind, StudyPoint } from "./study-records.ts";

const forms: Record<Law["name"], LawForm> = {
  Amdahl: amdahl,
  Gustafson: gustafson,
  "Universal Scalability Law": universal,
};

/** What a law says of p workers. */
export interface LawPoint {
  /** Ratio: p workers against one; with the same work for each, p shares of it. */
  speedup: number;
  /** 95 % interval of that. */
  interval: Interval;
  /** Seconds that p workers take. */
  seconds: number;
}

/** The law at a worker count, which is to lie within what was measured. Null where its coefficients allow no time there. */
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

/** Ratio: the speed-up of a point that takes so many seconds, where one worker takes T_1. */
export function pointSpeedup(kind: ScalingKind, workers: number, seconds: number, single: number): number {
  return ((kind === "weak" ? workers : 1) * single) / seconds;
}

/** T_1 in seconds by block: the time of its point with one worker, by whichever of its times. */
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

/** What the hosts' cores allow a point, ratio to one worker that has its host for itself. */
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
 * T(p) in seconds of the first 1, 2, … workers, if they do not disturb each other: the longest of their T_i, which are of a run in
 * which each did the whole of `samples`. With the work divided, a p-th of it.
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
