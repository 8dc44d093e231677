import test from "ava";
import { differenceInterval } from "../../analysis/welch.ts";

test("equal spreads: the difference ± t·√(2·s²/n), with 2n − 2 degrees of freedom", (t) => {
  // s² = 1, n = 3: SE = √(2/3) and four degrees of freedom; tables have t = 2.776 at 95 %, 5.598 at 99.5 %.
  for (const [level, quantile] of [
    [0.95, 2.776],
    [0.995, 5.598],
  ] as const) {
    const [low, high] = differenceInterval([1, 2, 3], [11, 12, 13], level) ?? [0, 0];
    t.true(Math.abs(low - (10 - quantile * Math.sqrt(2 / 3))) < 1e-3, String(low));
    t.true(Math.abs(high - (10 + quantile * Math.sqrt(2 / 3))) < 1e-3, String(high));
  }
});

test("a series without spread leaves the other's degrees of freedom", (t) => {
  // SE = 1/√3 with two degrees of freedom: t = 4.303 at 95 %.
  const [low] = differenceInterval([5, 5, 5], [1, 2, 3], 0.95) ?? [0, 0];
  t.true(Math.abs(low - (-3 - 4.303 / Math.sqrt(3))) < 1e-3, String(low));
});

test("two series without spread differ exactly", (t) => {
  t.deepEqual(differenceInterval([1, 1], [2, 2], 0.995), [1, 1]);
});

test("a single value has no spread that could be known", (t) => {
  t.is(differenceInterval([1], [2, 3], 0.95), null);
  t.is(differenceInterval([1, 2], [3], 0.95), null);
});
