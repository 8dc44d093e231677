import test from "ava";
import fc from "fast-check";
import { commonTrend, stretches, trendOf } from "../../analysis/trend.ts";

// Chances by counting orders by hand: of the 3! orders of three values one has no inversion and two have one; Kendall's
// tables give P(S >= 13) = 0.0083 and P(S >= 15) = 0.0014 for six, and P(S >= 21) = 0.036 for ten.
const worked: [what: string, values: number[], score: number, rise: number, fall: number][] = [
  ["one value", [5], 0, 1, 1],
  ["two that rise", [1, 3], 1, 1 / 2, 1],
  ["three that rise", [10, 11, 12], 3, 1 / 6, 1],
  ["three of which one pair falls", [10, 12, 11], 1, 3 / 6, 5 / 6],
  ["three that fall", [12, 11, 10], -3, 1, 1 / 6],
  ["six that rise", [10, 11, 12, 13, 14, 15], 15, 1 / 720, 1],
  ["six of which one pair falls", [10, 11, 13, 12, 14, 15], 13, 6 / 720, 719 / 720],
  ["equal values, which do neither", [1, 1, 1], 0, 1, 1],
];
for (const [what, values, score, rise, fall] of worked) {
  test(`${what}: S = ${score}, chance of such a rise ${rise.toFixed(4)}, of such a fall ${fall.toFixed(4)}`, (t) => {
    const trend = trendOf(values);
    t.is(trend.score, score);
    t.true(Math.abs(trend.chanceOfRise - rise) < 1e-12, String(trend.chanceOfRise));
    t.true(Math.abs(trend.chanceOfFall - fall) < 1e-12, String(trend.chanceOfFall));
  });
}

test("of ten values with 12 inversions, S = 21 has the chance of Kendall's table", (t) => {
  // Inversions behind each value: 8 + 3 + 1 = 12.
  const trend = trendOf([9, 4, 2, 1, 3, 5, 6, 7, 8, 10]);
  t.is(trend.score, 45 - 2 * 12);
  t.is(trend.chanceOfRise.toFixed(3), "0.036");
});

test("the variance of S is n(n − 1)(2n + 5)/18", (t) => {
  t.is(trendOf([1, 2, 3, 4, 5, 6]).variance, 510 / 18);
});

test("fifty values that rise have chance 1/50!", (t) => {
  const fifty = Array.from({ length: 50 }, (_, i) => i);
  const factorial = fifty.reduce((product, i) => product * (i + 1), 1);
  t.true(Math.abs(trendOf(fifty).chanceOfRise * factorial - 1) < 1e-9);
});

test("three series of six that rise have z = (45 − 1)/√85, and of six that fall its negative", (t) => {
  const up = trendOf([1, 2, 3, 4, 5, 6]);
  const down = trendOf([6, 5, 4, 3, 2, 1]);
  t.true(Math.abs(commonTrend([up, up, up]) - 44 / Math.sqrt(85)) < 1e-12);
  t.true(Math.abs(commonTrend([down, down, down]) + 44 / Math.sqrt(85)) < 1e-12);
  t.is(commonTrend([up, down]), 0);
});

test("single values have no common trend", (t) => {
  t.is(commonTrend([trendOf([1]), trendOf([2])]), 0);
});

test("up to fifty values stay as they are, more become means of equally long stretches", (t) => {
  const numbers = (length: number) => [0, ...Array.from({ length: length - 1 }, (_, i) => i + 1)] as const;
  t.deepEqual(stretches(numbers(50)), numbers(50));
  // Fifty-one in twos: 25 pairs and the last alone.
  const short = stretches(numbers(51));
  t.is(short.length, 26);
  t.deepEqual([short[0], short[1], short[24], short[25]], [0.5, 2.5, 48.5, 50]);
  t.is(stretches(numbers(10_000)).length, 50);
});

const times = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 50 });

test("what rises falls backwards", (t) => {
  fc.assert(
    fc.property(times, (values) => {
      const [trend, backwards] = [trendOf(values), trendOf(values.toReversed())];
      t.is(trend.score + backwards.score, 0);
      t.is(trend.chanceOfRise, backwards.chanceOfFall);
    }),
  );
});

test("it has no unit: scaled times have the same trend", (t) => {
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 20 }), (values, power) => {
      // Powers of two scale without rounding.
      t.deepEqual(trendOf(values.map((value) => value * 2 ** power)), trendOf(values));
    }),
  );
});
