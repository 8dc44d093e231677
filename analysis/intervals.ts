// 95 % intervals for means of round times, and for figures derived from them. They assume that the rounds of a machine
// are independent. tests/bench/coverage.ts simulates whole runs and shows how often the intervals contain the true
// value. For independent rounds it is at least 93.5 %, apart from the simulation's error, if each kind of round occurs.
// For rounds with a correlation of 0.5, it is 72 to 77 % for T_S and T_P, and 83 to 92 % for S with three workers. If a
// tenth of the rounds take three times as long, it is 47, 65 and 89 % for T_S with 6, 10 and 30 rounds, because nothing
// can bound what did not occur. The intervals describe this run; the spread between runs may be larger.
import { satterthwaiteDegrees, studentQuantile } from "./student.ts";
import { mapAll, mean, median, type NonEmpty, sorted, sum, type Values, varianceOfMean } from "./values.ts";

/** Both ends, the lower one first. */
export type Interval = readonly [low: number, high: number];
/** Like `Interval`; high is null if it is unbounded. */
export type HalfOpenInterval = readonly [low: number, high: number | null];

const allowedMiss = 0.05;
/** The fewest rounds that allow an interval. */
export const fewestRounds = 3;

/** The mean of a machine's rounds and its bounds. Times are in seconds. */
export interface MeanBounds {
  mean: number;
  low: number;
  high: number;
  /** s²/n: the variance of the mean. */
  variance: number;
  /** Degrees of freedom of that variance: n − 1. */
  degrees: number;
}

/** m ± t·s/√n with Student's t (Gosset 1908). Null below 3 rounds. */
export function boundMean(times: Values): MeanBounds | null {
  const n = times.length;
  if (n < fewestRounds) return null;
  const centre = mean(times);
  const variance = varianceOfMean(times);
  const margin = quantile(n - 1) * Math.sqrt(variance);
  // Times are longer than 0 s.
  const low = Math.max(centre - margin, least(times) / 10);
  return { mean: centre, low, high: centre + margin, variance, degrees: n - 1 };
}

/** The minimum of any number of values; `Math.min` only takes a limited number of arguments. */
function least(times: Values): number {
  return times.reduce((least, time) => Math.min(least, time), times[0]);
}

const quantiles = new Map<number, number>();
/** Student's t for whole degrees of freedom, cached because many workers have the same number of rounds. */
function quantile(degrees: number): number {
  const known = quantiles.get(degrees) ?? studentQuantile(1 - allowedMiss / 2, degrees);
  quantiles.set(degrees, known);
  return known;
}

/** Like `boundMean` for every machine; null if one has too few rounds. */
export function boundMeans(machines: NonEmpty<Values>): NonEmpty<MeanBounds> | null {
  const bounds = machines.map(boundMean);
  // One for each machine, at least one, and none is null.
  return bounds.includes(null) ? null : (bounds as unknown as NonEmpty<MeanBounds>);
}

/** Interval of the mean of one machine's rounds. */
export function meanInterval(times: Values): Interval | null {
  const bound = boundMean(times);
  return bound && [bound.low, bound.high];
}

/**
 * Interval of T_P, the mean of the workers' means: its variance is Σ v_i/N², with (Σ v_i)²/Σ(v_i²/ν_i) degrees of freedom
 * (Satterthwaite 1946, Welch 1947).
 */
export function tParallelInterval(workers: NonEmpty<MeanBounds>): Interval {
  if (workers.length === 1) return [workers[0].low, workers[0].high];
  const centre = mean(mapAll(workers, (worker) => worker.mean));
  const total = sum(workers.map(({ variance }) => variance));
  if (total === 0) return [centre, centre];
  const margin =
    (studentQuantile(1 - allowedMiss / 2, satterthwaiteDegrees(workers)) * Math.sqrt(total)) / workers.length;
  return [Math.max(centre - margin, 0), centre + margin];
}

/** Interval of T_max, the largest of the workers' means. */
export function tSlowestInterval(workers: NonEmpty<MeanBounds>): Interval {
  const { low, high } = boundSlowest(candidatesOf(workers));
  return [low, high];
}

/**
 * The bounds of workers that are compared to find the slowest. Each has at least the median of their relative spreads.
 * Among many workers with few rounds, some have nearly equal times by chance, and their own spread would make them
 * appear certainly slow.
 */
function withUsualSpread(workers: NonEmpty<MeanBounds>): NonEmpty<MeanBounds> {
  if (workers.length === 1) return workers;
  const usual = median(mapAll(workers, ({ mean, variance, degrees }) => (variance * (degrees + 1)) / mean ** 2));
  return mapAll(workers, (worker) => {
    const { mean, low, high, degrees } = worker;
    const variance = (usual * mean ** 2) / (degrees + 1);
    if (variance <= worker.variance) return worker;
    const margin = quantile(degrees) * Math.sqrt(variance);
    const lower = Math.min(low, Math.max(mean - margin, mean / 10));
    return { mean, low: lower, high: Math.max(high, mean + margin), variance, degrees };
  });
}

/** An estimate and its ends. */
type Estimate = Pick<MeanBounds, "mean" | "low" | "high">;

/** A worker's estimate, and a lower end safe enough that the highest of all workers' lower ends can be used. */
interface Candidate extends Estimate {
  sure: number;
}

/** The workers as candidates for the slowest. */
function candidatesOf(workers: NonEmpty<MeanBounds>): NonEmpty<Candidate> {
  const chance = allowedMiss / 4 / workers.length;
  const kept = new Map<number, number>();
  return mapAll(withUsualSpread(workers), ({ mean, low, high, variance, degrees }) => {
    const t = kept.get(degrees) ?? studentQuantile(1 - chance, degrees);
    kept.set(degrees, t);
    return { mean, low, high, sure: Math.max(mean - t * Math.sqrt(variance), mean / 10) };
  });
}

/**
 * The largest of N true figures, from their estimates. Each of N lower ends is too high with chance α/2, so the highest
 * is too high by chance. k is the smallest number for which k or more of N are too high with a chance of at most α/4.
 * If k lower ends lie above the largest true figure, as many lie above their own. The other α/4 is shared among lower
 * ends none of which is too high (Bonferroni). They are used if one worker is certainly slower than the others, because
 * the k-th highest then belongs to another worker. The interval is [the higher of the two, highest upper end].
 */
function boundSlowest(workers: NonEmpty<Candidate>): Estimate {
  const chance = allowedMiss / 2;
  let k = 1;
  while (k < workers.length && atLeast(k, workers.length, chance) > chance / 2 + 1e-12) k++;
  const lows = sorted(mapAll(workers, (worker) => worker.low));
  const high = Math.max(...workers.map((worker) => worker.high));
  const [only, ...others] = workers;
  const low =
    others.length === 0
      ? only.low
      : Math.max(lows[workers.length - k] ?? lows[0], ...workers.map((worker) => worker.sure));
  // The estimate is that of all workers that may be the slowest. The largest of several equal workers' estimates is too
  // large by chance.
  const top = lows.at(-1) ?? low;
  const candidates = workers.filter((worker) => worker.high >= top).map((worker) => worker.mean);
  const [first = high, ...rest] = candidates;
  return { mean: Math.min(high, Math.max(low, median([first, ...rest]))), low, high };
}

/** P(X >= k) for X binomial with `trials` trials, each with this chance. */
function atLeast(k: number, trials: number, chance: number): number {
  let term = (1 - chance) ** trials;
  let fewer = 0;
  for (let x = 0; x < k; x++) {
    fewer += term;
    term *= ((trials - x) / (x + 1)) * (chance / (1 - chance));
  }
  return 1 - fewer;
}

/**
 * Interval of a ratio of independent estimates. In logarithms it is a difference. The distances to its ends are the
 * roots of the summed squares of both distances (MOVER, Zou & Donner 2008, Statistics in Medicine 27(10)).
 */
export function ratioInterval(above: Estimate, below: Estimate): Interval {
  const centre = above.mean / below.mean;
  const down = Math.hypot(Math.log(above.mean / above.low), Math.log(below.high / below.mean));
  const up = Math.hypot(Math.log(above.high / above.mean), Math.log(below.mean / below.low));
  return [centre * Math.exp(-down), centre * Math.exp(up)];
}

/** Interval of S = N·T_S / T_max. Given seconds of the single machine are exact. */
export function throughputSpeedupInterval(single: Estimate, workers: NonEmpty<MeanBounds>): Interval {
  return ratioInterval(scaled(single, workers.length, 0), boundSlowest(candidatesOf(workers)));
}

/** The overheads of both sides in seconds, which count as known: O_S, and O_i of every worker in their order. */
export interface Starts {
  single: number;
  workers: Values;
}

/**
 * Interval of (O_S + w·T_S) / max(O_i + w·T_i/N) for a job of w shares: N for the end-to-end speed-up, 1 for the
 * fixed-size one. The overheads count as known, so they shift an estimate and its ends equally.
 */
export function jobSpeedupInterval(
  shares: number,
  single: Estimate,
  workers: NonEmpty<MeanBounds>,
  starts: Starts,
): Interval {
  let index = 0;
  const each = mapAll(candidatesOf(workers), (worker) => {
    const [by, plus] = [shares / workers.length, starts.workers[index++] ?? starts.workers[0]];
    return { ...scaled(worker, by, plus), sure: by * worker.sure + plus };
  });
  return ratioInterval(scaled(single, shares, starts.single), boundSlowest(each));
}

function scaled({ mean, low, high }: Estimate, by: number, plus: number): Estimate {
  return { mean: by * mean + plus, low: by * low + plus, high: by * high + plus };
}
