import test from "ava";
import { growth, growthInErrors, stepOf } from "../../analysis/step.ts";
import type { Values } from "../../analysis/values.ts";

const steps: [what: string, values: Values, step: number][] = [
  ["one value", [5], 1],
  ["two that rise", [2, 3], 1.5],
  ["six: the fastest after by the slowest before", [10, 12, 11, 20, 18, 19], 18 / 12],
  ["six that fall: the fastest before by the slowest after", [20, 18, 19, 10, 12, 11], 18 / 12],
  ["five, of which the middle is in neither half", [10, 12, 50, 18, 20], 18 / 12],
  ["halves that overlap", [10, 12, 11, 11.5, 18, 19], 1],
  // Halves of ten: the seventh from either end.
  ["twenty, of which three on each side may lie anywhere", [...ten(10, 99), ...ten(20, 1)], 2],
  ["twenty, of which four on one side do not", [...ten(10, 99), 1, 1, 1, 1, 20, 20, 20, 20, 20, 20], 1],
];
for (const [what, values, step] of steps) {
  test(`${what}: ${step.toFixed(2)}`, (t) => {
    t.is(stepOf(values), step);
  });
}

/** Seven values alike and three that are not. */
function ten(usual: number, unusual: number): [number, ...number[]] {
  return [usual, unusual, usual, usual, unusual, usual, usual, usual, unusual, usual];
}

test("growth compares the means of the halves, the middle of an odd number being in neither", (t) => {
  t.is(growth([1, 3, 100, 4, 6]), 1.5);
  t.is(growth([4, 2]), -0.5);
  t.is(growth([7]), 0);
});

// Of its half's mean each half spreads by 1/10: squares of 0.02 with two degrees of freedom each, so s = 0.1 and the error of the
// growth is 2·0.1/√6.
const doubled: Values = [9, 10, 11, 18, 20, 22];

test("growth in standard errors: by the spread within the halves", (t) => {
  const [errors = 0] = growthInErrors([doubled]);
  t.true(Math.abs(errors - Math.sqrt(6) / 0.2) < 1e-9, String(errors));
});

test("a series without a spread of its own is judged by that of all", (t) => {
  const [, errors = 0] = growthInErrors([doubled, [1, 1, 1, 2, 2, 2]]);
  // The same squares, twice the degrees of freedom.
  t.true(Math.abs(errors - Math.sqrt(2) * (Math.sqrt(6) / 0.2)) < 1e-9, String(errors));
});

test("growth without any spread is beyond all errors", (t) => {
  t.deepEqual(growthInErrors([[1, 1, 2, 2]]), [Number.POSITIVE_INFINITY]);
});
