// 95 % intervals for means of round times and for what is made of them. They take the rounds of a machine as independent
// of each other. tests/bench/coverage.ts simulates whole runs and shows how often the intervals hold the truth: at least
// 93.5 % of the time, but for the simulation's error, where rounds are independent and each kind of round is seen. Of rounds
// that follow each other with a correlation of 0.5, T_S and T_P are held in 72 to 77 % and S of three workers in 83 to 92 %.
// With a tenth of the rounds at three times the usual time, T_S is held in 47, 65 and 89 % for 6, 10 and 30 rounds: what was
// not seen can't be bounded. The intervals speak of this run; between runs the spread may be larger.
import { satterthwaiteDegrees, studentQuantile } from "./student.ts";
import { mapAll, mean, median, type NonEmpty, sorted, sum, type Values, varianceOfMean } from "./values.ts";

/** Both ends, the lower first. */
export type Interval = readonly [low: number, high: number];
/** As `Interval`; high is null where nothing bounds it. */
export type HalfOpenInterval = readonly [low: number, high: number | null];

const allowedMiss = 0.05;
/** Fewest rounds whose spread says anything. */
export const fewestRounds = 3;

/** What a machine's rounds say about their mean. Times are in seconds. */
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
  // A time is longer than 0 s.
  const low = Math.max(centre - margin, least(times) / 10);
  return { mean: centre, low, high: centre + margin, variance, degrees: n - 1 };
}

/** Of any number of values, which `Math.min` does not take. */
function least(times: Values): number {
  return times.reduce((least, time) => Math.min(least, time), times[0]);
}

const quantiles = new Map<number, number>();
/** Student's t for whole degrees of freedom, kept because many workers have equally many rounds. */
function quantile(degrees: number): number {
  const known = quantiles.get(degrees) ?? studentQuantile(1 - allowedMiss / 2, degrees);
  quantiles.set(degrees, known);
  return known;
}

/** As `boundMean` for every machine; null as soon as one has too few rounds. */
export function boundMeans(machines: NonEmpty<Values>): NonEmpty<MeanBounds> | null {
  const bounds = machines.map(boundMean);
  // One for each of at least one machine, and none is null.
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
 * The bounds of workers among which the slowest is looked for: each with at least the median of their relative spreads. Of many
 * workers with few rounds, some have all rounds at nearly one time by chance; their own spread would call them surely slow.
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

/** An estimate between its ends. */
type Estimate = Pick<MeanBounds, "mean" | "low" | "high">;

/** A worker's estimate, and a lower end so sure that the highest of all workers' can be taken as it is. */
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
 * The largest of N true figures, by their estimates. Of N lower ends, each too high with chance α/2, the highest is too high
 * by chance. k is the smallest number for which k or more of N are so with a chance of at most α/4: where k lower ends lie above
 * the largest true figure, as many lie above their own. The other α/4 is shared among lower ends of which none is too high
 * (Bonferroni): where one worker is surely slower than the others, they tell so, and the k-th highest is another's. The interval is
 * [the higher of the two, highest upper end].
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
  // Its middle is that of all that may be the slowest: the largest of equal ones' estimates is too large by chance.
  const top = lows.at(-1) ?? low;
  const candidates = workers.filter((worker) => worker.high >= top).map((worker) => worker.mean);
  const [first = high, ...rest] = candidates;
  return { mean: Math.min(high, Math.max(low, median([first, ...rest]))), low, high };
}

/** P(X >= k) for X binomial: `trials` tries, each with this chance. */
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
 * Interval of a ratio of independent estimates: in logarithms it is a difference, whose distances to its ends are the roots
 * of the summed squares of the two parts' distances (MOVER, Zou & Donner 2008, Statistics in Medicine 27(10)).
 */
export function ratioInterval(above: Estimate, below: Estimate): Interval {
  const centre = above.mean / below.mean;
  const down = Math.hypot(Math.log(above.mean / above.low), Math.log(below.high / below.mean));
  const up = Math.hypot(Math.log(above.high / above.mean), Math.log(below.mean / below.low));
  return [centre * Math.exp(-down), centre * Math.exp(up)];
}

/** Interval of S = N·T_S / T_max. A single machine whose seconds were given has no distance to its ends. */
export function throughputSpeedupInterval(single: Estimate, workers: NonEmpty<MeanBounds>): Interval {
  return ratioInterval(scaled(single, workers.length, 0), boundSlowest(candidatesOf(workers)));
}

/** Both sides' starts in seconds, which are known: O_S, and O_i of every worker in their order. */
export interface Starts {
  single: number;
  workers: Values;
}

/**
 * Interval of (O_S + w·T_S) / max(O_i + w·T_i/N) for a job of w shares: N for the end-to-end speed-up, 1 for the fixed-size one.
 * What is added is known, so it shifts an estimate together with its ends.
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
