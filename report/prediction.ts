// Predicts where one more value will fall, to distinguish noise between runs from a change.
//
// Times and their ratios are positive and skewed to the right, so their logarithms are treated as normal. Order
// statistics, which assume nothing, do not work here: the next value falls outside [min, max] of n values with
// probability 2/(n + 1), which is 5 % only from 39 runs on.
import type { Interval } from "../analysis/intervals.ts";
import { studentQuantile } from "../analysis/student.ts";
import { mapAll, mean, type NonEmpty, sum } from "../analysis/values.ts";

/** The fewest values whose spread can be estimated. */
export const fewest = 5;

/**
 * The interval that contains the next value of the same kind with this level (0 to 1): m ± t·s·sqrt(1 + 1/n) on
 * logarithms, with their mean m, their standard deviation s, and Student's t with n − 1 degrees of freedom (Hahn &
 * Meeker 1991, Statistical Intervals, ch. 4). Null for fewer than five. Values must be above 0.
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
