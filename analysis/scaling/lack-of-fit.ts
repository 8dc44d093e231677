// Whether the points lie on a law: their deviation from it, relative to the deviation between blocks (Fisher 1922).
import { fisherAbove } from "../fisher.ts";
import type { Fit } from "./fit.ts";
import { type Grid, pureError } from "./grid.ts";

/** Below this share of the time, only rounding errors remain. */
const nothing = 1e-9;

/** Chance, 0 to 1, that points on the law deviate from it as much as these. */
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
