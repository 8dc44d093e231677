// Where one more value may be expected to fall, from those that are there: tells noise between runs from a change.
//
// Times and ratios of times are positive and skewed to the right, so their logarithms are taken as normal. Order statistics,
// which assume nothing, can't do it: of n values, the next falls outside [min, max] with 2/(n + 1), 5 % at 39 runs.
import type { Interval } from "../analysis/intervals.ts";
import { mapAll, mean, type NonEmpty, sum } from "../analysis/values.ts";

/** Fewest values whose spread says anything. */
export const fewest = 5;

/**
 * The interval that holds the next value of the same kind with this level (0 to 1): m ± t·s·sqrt(1 + 1/n) on logarithms, with their mean
 * m, their standard deviation s, and Student's t with n − 1 degrees of freedom (Hahn & Meeker 1991, Statistical Intervals, ch. 4).
 * Null for fewer than five. Values are above 0.
 */
export function predictionInterval(values: NonEmpty<number>, level: number): Interval | null {
  const n = values.length;
  if (n < fewest) return null;
  const logs = mapAll(values, Math.log);
  const centre = mean(logs);
  const deviation = Math.sqrt(sum(logs.map((log) => (log - centre) ** 2)) / (n - 1));
  const margin = studentQuantile((1 + level) / 2, n - 1) * deviation * Math.sqrt(1 + 1 / n);
  return [Math.exp(centre - margin), Math.exp(centre + margin)];
}

/** The t below which Student's distribution with so many (whole) degrees of freedom has this share (0.5 to 1, less than 1). */
export function studentQuantile(share: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (studentCentre(high, degrees) < 2 * share - 1) high *= 2;
  while (high - low > 1e-10 * high) {
    const middle = (low + high) / 2;
    if (studentCentre(middle, degrees) < 2 * share - 1) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(|T| < t): the finite sums for whole degrees of freedom (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4). */
function studentCentre(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let total = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degrees - 1; k += 2) {
    term *= (cosine ** 2 * (k - 1)) / k;
    total += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * total) : sine * total;
}
