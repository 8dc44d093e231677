// The times of a study as a table: one row per block, one column per worker count, with no empty cells.
import { type NonEmpty, sum } from "../values.ts";

/** One time of a point, as the logarithm of seconds, and its weight. */
export interface Observation {
  /** p. */
  workers: number;
  log: number;
  /** Above 0. Only its ratio to the other weights matters. It depends on the worker count alone. */
  weight: number;
}

/** Blocks of observations; each has the same worker counts in the same order. */
export type Grid = NonEmpty<NonEmpty<Observation>>;

/** Each observation minus its block's weighted mean: what remains if every block has its own level. */
export function withinBlock(block: readonly Observation[], of: (each: Observation) => number): number[] {
  const weights = block.map(({ weight }) => weight);
  const values = block.map(of);
  const level = sum(values.map((value, i) => value * (weights[i] ?? 0))) / sum(weights);
  return values.map((value) => value - level);
}

/**
 * What no law could explain, if blocks only differ in level: Σ w·e², where e is the deviation of a block from the mean
 * of all blocks, with (blocks − 1)(counts − 1) degrees of freedom.
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
