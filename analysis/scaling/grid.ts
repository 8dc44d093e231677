// The times of a study as a table: one row for each block, one column for each worker count, none empty.
import { type NonEmpty, sum } from "../values.ts";

/** One time of a point, in the logarithm of seconds, and how much it counts. */
export interface Observation {
  /** p. */
  workers: number;
  log: number;
  /** Above 0; only its proportion to the others' matters. It depends on the worker count alone. */
  weight: number;
}

/** Blocks of observations; each has the same worker counts in the same order. */
export type Grid = NonEmpty<NonEmpty<Observation>>;

/** Each observation less its block's weighted mean: what is left where every block has a level of its own. */
export function withinBlock(block: readonly Observation[], of: (each: Observation) => number): number[] {
  const weights = block.map(({ weight }) => weight);
  const values = block.map(of);
  const level = sum(values.map((value, i) => value * (weights[i] ?? 0))) / sum(weights);
  return values.map((value) => value - level);
}

/**
 * What no law could explain, if blocks differ by their levels only: Σ w·e² with e what a block deviates from the mean of all
 * blocks, (blocks − 1)(counts − 1) degrees of freedom.
 */
export function pureError(grid: Grid): { squares: number; degrees: number } {
  const rows = grid.map((block) => withinBlock(block, ({ log }) => log));
  const [first] = grid;
  const squares = first.map(({ weight }, column) => {
    const values = rows.map((row) => row[column] ?? 0);
    const centre = sum(values) / values.length;
    return weight * sum(values.map((value) => (value - centre) ** 2));
  });
  return { squares: sum(squares), degrees: (grid.length - 1) * (first.length - 1) };
}
