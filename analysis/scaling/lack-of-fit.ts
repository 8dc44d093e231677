// Whether the points lie on a law: what they deviate from it, against what blocks deviate from each other (Fisher 1922).
import { fisherAbove } from "../fisher.ts";
import type { Fit } from "./fit.ts";
import { type Grid, pureError } from "./grid.ts";

/** Below this share of the time, only the computer's arithmetic is left. */
const nothing = 1e-9;

/** Chance, 0 to 1, that points on the law deviate from it as far as these do. */
export function lackOfFit(grid: Grid, { squares, coefficients }: Pick<Fit, "squares" | "coefficients">): number {
  const pure = pureError(grid);
  const above = grid[0].length - 1 - coefficients.length;
  if (above < 1 || pure.degrees < 1) return 1;
  const isNothing = (rest: number) => rest <= grid.flat().length * nothing ** 2;
  if (isNothing(squares)) return 1;
  if (isNothing(pure.squares)) return 0;
  const f = Math.max(0, squares - pure.squares) / above / (pure.squares / pure.degrees);
  return fisherAbove(f, above, pure.degrees);
}
