// Whether two series of times have one mean, whatever their spreads are (Welch 1947, Biometrika 34).
import type { Interval } from "./intervals.ts";
import { studentQuantile } from "./student.ts";
import { mean, sum, type Values } from "./values.ts";

/**
 * Interval of the second mean minus the first that holds the true difference with this chance, by Student's t with
 * Satterthwaite's (1946) degrees of freedom. Null where either has fewer than two values, whose spread nothing tells.
 */
export function differenceInterval(first: Values, second: Values, level: number): Interval | null {
  if (first.length < 2 || second.length < 2) return null;
  const difference = mean(second) - mean(first);
  const [a, b] = [first, second].map(varianceOfMean);
  if (a === undefined || b === undefined) return null;
  if (a + b === 0) return [difference, difference];
  const degrees = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  const margin = studentQuantile(1 - (1 - level) / 2, degrees) * Math.sqrt(a + b);
  return [difference - margin, difference + margin];
}

function varianceOfMean(values: Values): number {
  const centre = mean(values);
  return sum(values.map((value) => (value - centre) ** 2)) / (values.length - 1) / values.length;
}
