import test from "ava";
import fc from "fast-check";
import { spread } from "../../../../report/html/charts/speed-up.ts";

test("labels that are far enough apart stay where they are", (t) => {
  t.deepEqual(spread([100, 50, 10], 17), [100, 50, 10]);
});

test("labels that would cover one another are moved up from the lowest", (t) => {
  t.deepEqual(spread([100, 99, 98], 17), [100, 83, 66]);
});

test("no two labels come closer than the gap, and the order stays", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }), (positions) => {
      const placed = spread(positions, 17);
      for (const [i, a] of placed.entries()) {
        for (const [j, b] of placed.entries()) {
          if (i !== j) t.true(Math.abs(a - b) >= 17);
          if ((positions[i] ?? 0) < (positions[j] ?? 0)) t.true(a < b);
        }
      }
    }),
  );
});
