// Fisher's F distribution, for tests that compare two variances.
import { regularizedBeta } from "./student.ts";

/**
 * P(F > f), 0 to 1, for f >= 0, with the numerator's and the denominator's degrees of freedom: I_x(ν₂/2, ν₁/2) with x =
 * ν₂/(ν₂ + ν₁f) (Abramowitz & Stegun 1964, 26.6.2).
 */
export function fisherAbove(f: number, above: number, below: number): number {
  return regularizedBeta(below / 2, above / 2)(below / (below + above * f));
}
