// Whether two time series have the same mean, whatever their spreads (Welch 1947, Biometrika 34).
import type { Interval } from "./intervals.ts";
import { satterthwaiteDegrees, studentQuantile } from "./student.ts";
import { mean, sum, type Values, varianceOfMean } from "./values.ts";

/**
 * Interval of the second mean minus the first that contains the true difference with this chance, by Student's t with
 * Satterthwaite's (1946) degrees of freedom. Null if either has fewer than two values.
 */
export function differenceInterval(first: Values, second: Values, level: number): Interval | null {
  if (first.length < 2 || second.length < 2) return null;
  const difference = mean(second) - mean(first);
  const parts = [first, second].map((times) => ({ variance: varianceOfMean(times), degrees: times.length - 1 }));
  const variance = sum(parts.map((part) => part.variance));
  if (variance === 0) return [difference, difference];
  const margin = studentQuantile(1 - (1 - level) / 2, satterthwaiteDegrees(parts)) * Math.sqrt(variance);
  return [difference - margin, difference + margin];
}
