import test from "ava";
import { studentQuantile } from "../../analysis/student.ts";

// As printed, to three decimals, in tables of Student's distribution.
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
  [0.975, 3, 3.182],
  [0.975, 4, 2.776],
  [0.975, 30, 2.042],
  [0.995, 4, 4.604],
  [0.95, 7, 1.895],
  [0.99, 6, 3.143],
];
for (const [share, degrees, quantile] of printed) {
  test(`Student's t has ${100 * share} % below ${quantile} with ${degrees} degrees of freedom`, (t) => {
    t.is(studentQuantile(share, degrees).toFixed(3), quantile.toFixed(3));
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
