import test from "ava";
import { kruskalWallis } from "../../analysis/kruskal-wallis.ts";

// H by hand: with ranks 1–5, 6–10 and 11–15 the mean ranks are 3, 8 and 13, so H = 12/(15·16)·5·(25 + 0 + 25) = 12.5, which χ²
// with two degrees of freedom exceeds with chance exp(−6.25) = 0.00193, as a normal variable does 2.89.
test("three series that are wholly apart lie as far from chance as χ² says", (t) => {
  const z = kruskalWallis([
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10],
    [11, 12, 13, 14, 15],
  ]);
  // The cube root is that near, so far out.
  t.true(Math.abs(z - 2.89) < 0.04, String(z));
});

// At H = 9.21 χ² with two degrees of freedom has chance 1 %, as a normal variable has at 2.326. Mean ranks a distance d around 8:
// H = 12/240·5·2·d² = d²/2; with d = 4.2, H = 8.82 and the chance is 1.22 %, as at 2.25.
test("three series whose mean ranks are 3.8, 8 and 12.2 have a chance of 1.2 %", (t) => {
  const z = kruskalWallis([
    [1, 2, 3, 4, 9],
    [5, 6, 8, 10, 11],
    [7, 12, 13, 14, 15],
  ]);
  t.true(Math.abs(z - 2.25) < 0.02, String(z));
});

test("equal values share their rank, so series that are equal are alike in any order", (t) => {
  const z = kruskalWallis([
    [1, 2, 3, 4, 5],
    [5, 4, 3, 2, 1],
  ]);
  // H = 0.
  t.true(z < -1, String(z));
});

test("one series is like itself", (t) => {
  t.is(kruskalWallis([[1, 2, 3, 4, 5]]), Number.NEGATIVE_INFINITY);
});
