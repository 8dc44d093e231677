import test from "ava";
import { studentQuantile } from "../../analysis/student.ts";

// Quantiles as printed in tables of Student's distribution.
const printed: readonly [share: number, degrees: number, t: number][] = [
  [0.975, 1, 12.706],
  [0.975, 2, 4.303],
  [0.975, 5, 2.571],
  [0.975, 9, 2.262],
  [0.975, 29, 2.045],
  [0.975, 1000, 1.962],
  [0.95, 4, 2.132],
  [0.995, 10, 3.169],
  [0.9975, 3, 7.453],
];
for (const [share, degrees, quantile] of printed) {
  test(`with ${degrees} degrees of freedom ${100 * share} % lie below ${quantile}`, (t) => {
    t.true(Math.abs(studentQuantile(share, degrees) - quantile) <= 0.000_5 * Math.max(1, quantile / 10));
  });
}

test("degrees of freedom need not be whole: a quantile lies between its neighbours", (t) => {
  const [more, less] = [studentQuantile(0.975, 4), studentQuantile(0.975, 5)];
  const between = studentQuantile(0.975, 4.5);
  t.true(less < between && between < more);
});

test("with very many degrees of freedom it is the normal distribution", (t) => {
  t.true(Math.abs(studentQuantile(0.975, 1e6) - 1.959_966) < 1e-5);
});
