// Whether several time series are alike: the test of Kruskal & Wallis (1952). It compares ranks, so it assumes no
// distribution.
import { mapAll, mean, type NonEmpty, type Values } from "./values.ts";

/**
 * How far apart the mean ranks of several series are, in standard deviations of a normal variable. Chance exceeds 2.33
 * once in a hundred times. H = 12/(m(m + 1))·Σ nᵢ(rᵢ − (m + 1)/2)² has a χ² distribution, whose cube root is nearly
 * normal (Wilson & Hilferty 1931, PNAS 17(12)). Equal values share a rank. Needs at least five values per series. −∞
 * for a single series.
 */
export function kruskalWallis(series: NonEmpty<Values>): number {
  if (series.length === 1) return Number.NEGATIVE_INFINITY;
  const all = Float64Array.from(series.flat()).sort();
  const m = all.length;
  // For equal values, the mean of the first and the last rank, counted from 1.
  const rank = (value: number) => (below(all, value, false) + below(all, value, true) + 1) / 2;
  const apart = series.map((values) => values.length * (mean(mapAll(values, rank)) - (m + 1) / 2) ** 2);
  const h = (12 / (m * (m + 1))) * apart.reduce((sum, each) => sum + each, 0);
  const degrees = series.length - 1;
  const spread = 2 / (9 * degrees);
  return (Math.cbrt(h / degrees) - (1 - spread)) / Math.sqrt(spread);
}

/** How many of the ascending values are below this one, or below or equal to it. */
function below(ascending: Float64Array, value: number, orEqual: boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = ascending[middle] ?? Number.POSITIVE_INFINITY;
    if (at < value || (orEqual && at === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
