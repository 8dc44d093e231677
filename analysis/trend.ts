// Whether a series of times rises: the test of Mann (1945) and Kendall (1955), the slope of Theil (1950) and Sen (1968).
// Neither assumes a distribution.
import { isNonEmpty, median } from "./values.ts";

/** How surely and how far a series rises. */
export interface Drift {
  /** Chance (0 to 1) that a series without a trend rises at least as steadily: 1/n! for n values each above the last. */
  chance: number;
  /** Growth from the first value to the last by the median of all slopes, as a share of the median value. */
  drift: number;
}

/** Looks for a rise in values taken at equal steps. One value has none: chance 1, drift 0. */
export function driftOf(values: readonly number[]): Drift {
  const slopes = values.flatMap((late, j) => values.slice(0, j).map((early, i) => (late - early) / (j - i)));
  if (!isNonEmpty(values) || !isNonEmpty(slopes)) return { chance: 1, drift: 0 };
  const falls = slopes.filter((slope) => slope <= 0).length;
  return {
    chance: chanceOfFewFalls(values.length, falls),
    drift: (median(slopes) * (values.length - 1)) / median(values),
  };
}

/** P(at most so many of the pairs fall), all n! orders being equally likely: the distribution of the number of inversions. */
function chanceOfFewFalls(n: number, falls: number): number {
  let inversions = [1];
  for (let size = 2; size <= n; size++) {
    const former: readonly number[] = inversions;
    inversions = Array.from({ length: former.length + size - 1 }, (_, k) => {
      const ways = former.slice(Math.max(0, k - size + 1), k + 1);
      return ways.reduce((sum, chance) => sum + chance, 0) / size;
    });
  }
  return inversions.slice(0, falls + 1).reduce((sum, chance) => sum + chance, 0);
}
