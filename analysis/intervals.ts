// 95 % intervals for medians of round times and for what is made of them, from order statistics: times are bounded
// below, skewed to the right and step when a machine throttles, so no distribution is assumed (Hoefler & Belli, SC'15,
// rules 5 and 6). They speak of this run; between runs the spread is larger. Their coverage is shown by simulation in
// tests/bench/coverage.ts.
//
// All rest on one fact: of n independent rounds the number K that fall below the true median is binomial with p = ½.
import {
  atRank,
  isNonEmpty,
  mapAll,
  mean,
  median,
  type NonEmpty,
  type SortedValues,
  sorted,
  sum,
  type Values,
} from "./values.ts";

/** Both ends, the lower first. */
export type Interval = readonly [low: number, high: number];

const allowedMiss = 0.05;
/** Two-sided 95 % of the normal distribution. */
const z = 1.96;

const distributions = new Map<number, readonly number[]>();

/** P(K = k) for k = 0…n, K binomial with p = ½. Averaging neighbours n times (Pascal's triangle) neither over- nor underflows. */
function belowMedian(n: number): readonly number[] {
  let row = distributions.get(n);
  if (row === undefined) {
    row = [1];
    for (let rounds = 1; rounds <= n; rounds++) {
      const former: readonly number[] = row;
      row = Array.from({ length: rounds + 1 }, (_, k) => ((former[k - 1] ?? 0) + (former[k] ?? 0)) / 2);
    }
    distributions.set(n, row);
  }
  return row;
}

/** Chance that the value at this rank, of n, lies above the true median: fewer than `rank` rounds fell below it. */
function missAtRank(n: number, rank: number): number {
  return sum(belowMedian(n).slice(0, rank));
}

/** The innermost rank r for which [r-th smallest, r-th largest] still covers 95 %; 1 where not even the ends do. */
function lowRank(n: number): number {
  let rank = 1;
  while (2 * missAtRank(n, rank + 1) <= allowedMiss) rank++;
  return rank;
}

/** The level (0 to 1) that the interval of a median reaches with this many rounds: 0.75 with 3, 0.969 with 6. Below 0.95 there is no interval. */
export function levelReached(rounds: number): number {
  return 1 - 2 * missAtRank(rounds, lowRank(rounds));
}

/** What a machine's rounds say about their median: its estimate, its 95 % interval, and the chance that one end misses. */
export interface MedianBounds {
  sorted: SortedValues;
  median: number;
  low: number;
  high: number;
  miss: number;
}

/** Null below 6 rounds, where [min, max] covers 1 − 2·0.5^n < 95 %. */
export function boundMedian(times: Values): MedianBounds | null {
  const n = times.length;
  const rank = lowRank(n);
  const miss = missAtRank(n, rank);
  if (2 * miss > allowedMiss) return null;
  const ordered = sorted(times);
  return {
    sorted: ordered,
    median: median(ordered),
    low: atRank(ordered, rank),
    high: atRank(ordered, n + 1 - rank),
    miss,
  };
}

/** As `boundMedian` for every machine; null as soon as one has too few rounds. */
export function boundMedians(machines: NonEmpty<Values>): NonEmpty<MedianBounds> | null {
  const bounds = machines.map(boundMedian).filter((bound) => bound !== null);
  return isNonEmpty(bounds) && bounds.length === machines.length ? bounds : null;
}

/** Interval of the median of one machine's rounds: the narrowest symmetric pair of order statistics that keeps 95 %. */
export function medianInterval(times: Values): Interval | null {
  const bound = boundMedian(times);
  return bound && [bound.low, bound.high];
}

/**
 * Interval of T_P, the mean of the workers' medians. A worker's true median lies between its K-th and (K+1)-th smallest round,
 * whatever K is; so the mean lies between the mean of the former and the mean of the latter. Both are sums of independent
 * terms, so their spread falls with sqrt(N). The gap between them does not fall: it is what skewness may cost, and keeps
 * the coverage where a plain standard error of the median loses it. Never wider than the mean of the workers' own ends.
 */
export function tParallelInterval(workers: NonEmpty<MedianBounds>): Interval {
  if (workers.length === 1) return [workers[0].low, workers[0].high];
  const estimate = mean(mapAll(workers, (worker) => worker.median));
  const below = meanOfSpread(mapAll(workers, ({ sorted }) => spreadAt(sorted, 0)));
  const above = meanOfSpread(mapAll(workers, ({ sorted }) => spreadAt(sorted, 1)));
  const low = Math.max(below.mean - z * below.error, mean(mapAll(workers, (worker) => worker.low)));
  const high = Math.min(above.mean + z * above.error, mean(mapAll(workers, (worker) => worker.high)));
  return [Math.min(low, estimate), Math.max(high, estimate)];
}

interface Spread {
  mean: number;
  variance: number;
}

/** Mean and variance of the (K + shift)-th smallest value over the distribution of K. */
function spreadAt(ordered: SortedValues, shift: 0 | 1): Spread {
  const chances = belowMedian(ordered.length);
  const centre = sum(chances.map((chance, k) => chance * atRank(ordered, k + shift)));
  return {
    mean: centre,
    variance: sum(chances.map((chance, k) => chance * (atRank(ordered, k + shift) - centre) ** 2)),
  };
}

function meanOfSpread(spreads: NonEmpty<Spread>): { mean: number; error: number } {
  return {
    mean: mean(mapAll(spreads, (spread) => spread.mean)),
    error: Math.sqrt(sum(spreads.map(({ variance }) => variance))) / spreads.length,
  };
}

/** Interval of T_max, the largest of the workers' medians. */
export function tSlowestInterval(workers: NonEmpty<MedianBounds>): Interval {
  const { low, high } = boundSlowest(workers);
  return [low, high];
}

/**
 * Which worker is the slowest is itself uncertain, and of many lower ends the highest is too high by chance. Only workers whose
 * upper end reaches the highest lower end may be the slowest. Of c such, k − 1 lower ends may lie too high: k is the smallest
 * number for which k or more do so with a chance that, with the upper end's, stays within 5 %. The interval is
 * [k-th highest lower end, highest upper end]. The centre, the median of the candidates' medians, is not biased upward by
 * their number, as the largest median is.
 */
function boundSlowest(workers: NonEmpty<MedianBounds>): { low: number; centre: number; high: number } {
  const highestLow = Math.max(...workers.map(({ low }) => low));
  const candidates = workers.filter(({ high }) => high >= highestLow);
  if (!isNonEmpty(candidates)) throw new RangeError("the worker with the highest lower end is a candidate itself");
  const miss = Math.max(...candidates.map((candidate) => candidate.miss));
  let k = 1;
  while (atLeast(k, candidates.length, miss) > allowedMiss - miss) k++;
  const lows = sorted(mapAll(candidates, (candidate) => candidate.low));
  const low = atRank(lows, candidates.length + 1 - k);
  const centre = Math.max(low, median(mapAll(candidates, (candidate) => candidate.median)));
  return { low, centre, high: Math.max(...workers.map(({ high }) => high)) };
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
 * Interval of N·T_S / T_max, a ratio of independent estimates: in logarithms it is a difference, whose distances to its ends are
 * the roots of the summed squares of the two parts' distances (MOVER, Zou & Donner 2008, Statistics in Medicine 27(10)).
 * Dividing the ends instead adds the distances themselves, and is a quarter wider for nothing.
 */
export function throughputSpeedupInterval(single: MedianBounds, workers: NonEmpty<MedianBounds>): Interval {
  const slowest = boundSlowest(workers);
  const centre = (workers.length * single.median) / slowest.centre;
  const below = Math.hypot(Math.log(single.median / single.low), Math.log(slowest.high / slowest.centre));
  const above = Math.hypot(Math.log(single.high / single.median), Math.log(slowest.centre / slowest.low));
  return [centre * Math.exp(-below), centre * Math.exp(above)];
}
