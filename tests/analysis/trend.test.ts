import test from "ava";
import fc from "fast-check";
import { driftOf } from "../../analysis/trend.ts";

// Chances by counting orders by hand: of the 3! orders of three values one has no inversion and two have one; Kendall's
// tables give P(S >= 13) = 0.0083 and P(S >= 15) = 0.0014 for six.
const worked: [what: string, values: number[], chance: number, drift: number][] = [
  ["one value", [5], 1, 0],
  ["two that rise", [1, 3], 1 / 2, 1],
  ["three that rise", [10, 11, 12], 1 / 6, 2 / 11],
  ["three of which one pair falls", [10, 12, 11], 3 / 6, 1 / 11],
  ["three that fall", [12, 11, 10], 1, -2 / 11],
  ["six that rise", [10, 11, 12, 13, 14, 15], 1 / 720, 5 / 12.5],
  ["six of which one pair falls", [10, 11, 13, 12, 14, 15], 6 / 720, 5 / 12.5],
  ["equal values, which do not rise", [1, 1, 1], 1, 0],
];
for (const [what, values, chance, drift] of worked) {
  test(`${what}: chance ${chance.toFixed(4)}, drift ${drift.toFixed(3)}`, (t) => {
    const found = driftOf(values);
    t.true(Math.abs(found.chance - chance) < 1e-12, String(found.chance));
    t.true(Math.abs(found.drift - drift) < 1e-12, String(found.drift));
  });
}

test("it has no unit: scaled times drift as much", (t) => {
  const times = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 20 }), (values, power) => {
      // Powers of two scale without rounding.
      const scaled = driftOf(values.map((value) => value * 2 ** power));
      t.deepEqual(scaled, driftOf(values));
    }),
  );
});
