// Fits a law to the points of a study. Noise is proportional to the time, and so are the differences between blocks, so
// both are sums in logarithms. Each block has its own level, T_1. In the law's linear form, this is weighted least
// squares with weights 1/(right side)², solved repeatedly as the weights depend on the coefficients (Gauss–Newton;
// Seber & Wild 1989).
import type { Interval } from "../intervals.ts";
import { studentQuantile } from "../student.ts";
import { sum } from "../values.ts";
import { type Grid, withinBlock } from "./grid.ts";
import { type LawForm, logTime, logTimeGradient } from "./laws.ts";

/** The result of a fit. */
export interface Fit {
  /** s, or α and β. */
  coefficients: number[];
  /** 95 % interval of each coefficient: Student's t. */
  intervals: Interval[];
  /** Variance of s; or the variances of α and of β, and their covariance. */
  variance: number[];
  /** Points minus blocks minus coefficients, at least 1. */
  degrees: number;
  /** The residual Σ w·e², e in logarithms. */
  squares: number;
  /** Geometric mean of the blocks' T_1, seconds. */
  single: number;
}

/** Steps below this size change nothing, apart from rounding errors. */
const settled = 1e-11;

/**
 * The coefficients with the smallest Σ w·e². Null if there are not more points than unknowns, or if the points do not
 * determine the coefficients.
 */
export function fit(form: LawForm, grid: Grid): Fit | null {
  const unknowns = form.terms(1).length;
  const degrees = grid.flat().length - grid.length - unknowns;
  if (degrees < 1) return null;
  let coefficients = Array.from({ length: unknowns }, () => 0);
  let left = squaresLeft(form, grid, coefficients);
  for (let i = 0; i < 200; i++) {
    const step = newtonStep(form, grid, coefficients);
    if (step === null) return null;
    const from = coefficients;
    // A step that is too long leaves the law's range, or makes the fit worse.
    const next = [1, 0.5, 0.25, 0.1, 0.01, 0.001, 1e-4, 1e-6]
      .map((part) => from.map((each, k) => each + part * (step[k] ?? 0)))
      .find((each) => squaresLeft(form, grid, each) <= left);
    if (next === undefined) break;
    coefficients = next;
    left = squaresLeft(form, grid, coefficients);
    if (step.every((each, k) => Math.abs(each) <= settled * (1 + Math.abs(from[k] ?? 0)))) break;
  }
  const matrix = normalMatrix(form, grid, coefficients);
  const inverse = inverted(matrix);
  if (inverse === null) return null;
  const variance = inverse.map((each) => (each * left) / degrees);
  const t = studentQuantile(0.975, degrees);
  const levels = grid.map((block) => {
    const rests = block.map(({ log, workers, weight }) => weight * (log - logTime(form, coefficients, workers)));
    return sum(rests) / sum(block.map(({ weight }) => weight));
  });
  return {
    coefficients,
    intervals: coefficients.map((each, k) => {
      const margin = t * Math.sqrt(variance[k] ?? 0);
      return [each - margin, each + margin];
    }),
    variance,
    degrees,
    squares: left,
    single: Math.exp(sum(levels) / levels.length),
  };
}

/** Infinite for coefficients that allow no time, so that no step goes there. */
function squaresLeft(form: LawForm, grid: Grid, coefficients: readonly number[]): number {
  const rests = grid.flatMap((block) => {
    const rest = withinBlock(block, ({ log, workers }) => log - logTime(form, coefficients, workers));
    return rest.map((each, i) => (block[i]?.weight ?? 0) * each ** 2);
  });
  const all = sum(rests);
  return Number.isNaN(all) ? Number.POSITIVE_INFINITY : all;
}

/** For each coefficient, the derivative of every observation's logarithm, minus the block's mean. */
function columns(form: LawForm, grid: Grid, coefficients: readonly number[]): number[][] {
  return coefficients.map((_, k) =>
    grid.flatMap((block) => withinBlock(block, ({ workers }) => logTimeGradient(form, coefficients, workers)[k] ?? 0)),
  );
}

/** XᵀWX: one number, or the two on the diagonal and the one beside it. */
function normalMatrix(form: LawForm, grid: Grid, coefficients: readonly number[]): number[] {
  const [first = [], second] = columns(form, grid, coefficients);
  const weights = grid.flat().map(({ weight }) => weight);
  const inner = (a: readonly number[], b: readonly number[]) =>
    sum(a.map((each, i) => each * (b[i] ?? 0) * (weights[i] ?? 0)));
  return second === undefined
    ? [inner(first, first)]
    : [inner(first, first), inner(second, second), inner(first, second)];
}

/** (XᵀWX)⁻¹ in the same form; null if columns are linearly dependent. */
function inverted([first = 0, second, beside = 0]: readonly number[]): number[] | null {
  if (second === undefined) return first > 0 ? [1 / first] : null;
  const determinant = first * second - beside ** 2;
  if (!(determinant > 1e-12 * first * second)) return null;
  return [second / determinant, first / determinant, -beside / determinant];
}

function newtonStep(form: LawForm, grid: Grid, coefficients: readonly number[]): number[] | null {
  const inverse = inverted(normalMatrix(form, grid, coefficients));
  if (inverse === null) return null;
  const rests = grid.flatMap((block) =>
    withinBlock(block, ({ log, workers }) => log - logTime(form, coefficients, workers)),
  );
  const weights = grid.flat().map(({ weight }) => weight);
  const [a = 0, b = 0] = columns(form, grid, coefficients).map((column) =>
    sum(column.map((each, i) => each * (rests[i] ?? 0) * (weights[i] ?? 0))),
  );
  const [first = 0, second, beside = 0] = inverse;
  return second === undefined ? [first * a] : [first * a + beside * b, beside * a + second * b];
}

/** A grid of times in seconds, all with the same weight. */
export function gridOf(times: { workers: number; seconds: number }[][]): Grid {
  // Each row is a block of a complete study, so it has points.
  return times.map((row) =>
    row.map(({ workers, seconds }) => ({ workers, log: Math.log(seconds), weight: 1 })),
  ) as unknown as Grid;
}
