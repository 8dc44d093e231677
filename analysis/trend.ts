// Whether times rise or fall with their order: the test of Mann (1945) and Kendall (1955), which assumes no
// distribution. Exact for one machine, and combined for several (Hirsch & Slack 1984).
import { mean, type NonEmpty, type Values } from "./values.ts";

/** This many values show a trend as well as more would, and keep the exact distribution cheap. */
const mostValues = 50;

/** At most 50 values of a series: the means of stretches of equal length, in order. */
export function stretches(values: Values): Values {
  const length = Math.ceil(values.length / mostValues);
  if (length === 1) return values;
  const means = Array.from({ length: Math.ceil(values.length / length) }, (_, i) => {
    // None is empty: the last begins before the end.
    const stretch = values.slice(i * length, (i + 1) * length) as unknown as Values;
    return mean(stretch);
  });
  // More than 50 values give at least one stretch.
  return means as unknown as Values;
}

/** Kendall's S of a series, and its variance if every order is equally likely. */
export interface Trend {
  /** Rising pairs minus falling pairs. */
  score: number;
  /** n(n − 1)(2n + 5)/18. */
  variance: number;
  /** Chance (0 to 1) that a series without a trend rises at least as steadily: 1/n! if each value is above the last. */
  chanceOfRise: number;
  /** The same for a fall. */
  chanceOfFall: number;
}

/** Looks for a trend in at most a few dozen equally spaced values. Equal values neither rise nor fall. */
export function trendOf(values: readonly number[]): Trend {
  const n = values.length;
  let [rising, falling] = [0, 0];
  values.forEach((late, j) => {
    for (const early of values.slice(0, j)) {
      if (late > early) rising++;
      if (late < early) falling++;
    }
  });
  const pairs = (n * (n - 1)) / 2;
  return {
    score: rising - falling,
    variance: (n * (n - 1) * (2 * n + 5)) / 18,
    chanceOfRise: chanceOfInversions(n, pairs - rising),
    chanceOfFall: chanceOfInversions(n, pairs - falling),
  };
}

/**
 * How far the trends of several series together lie from chance, in standard deviations: (ΣS ∓ 1)/√Σ Var S, positive
 * for a rise (Hirsch & Slack 1984, Water Resources Research 20(6)). 0 if no series has two values.
 */
export function commonTrend(trends: NonEmpty<Trend>): number {
  const score = trends.reduce((sum, trend) => sum + trend.score, 0);
  const variance = trends.reduce((sum, trend) => sum + trend.variance, 0);
  return variance === 0 ? 0 : (Math.sign(score) * Math.max(0, Math.abs(score) - 1)) / Math.sqrt(variance);
}

/** By n: P(at most k pairs are in the wrong order) for every k, if all n! orders are equally likely. */
const atMost: (readonly number[])[] = [[1], [1]];

function chanceOfInversions(n: number, inversions: number): number {
  for (let size = atMost.length; size <= n; size++) {
    // The last value precedes 0 to size − 1 others, each equally likely. So P(k) is the mean of P(k), P(k − 1), … for
    // one fewer.
    const fewer = atMost[size - 1] ?? [1];
    const cumulated = (k: number) => (k < 0 ? 0 : (fewer[k] ?? 1));
    let total = 0;
    atMost[size] = Array.from({ length: (size * (size - 1)) / 2 + 1 }, (_, k) => {
      total += (cumulated(k) - cumulated(k - size)) / size;
      return Math.min(1, total);
    });
  }
  return atMost[n]?.[inversions] ?? 1;
}
