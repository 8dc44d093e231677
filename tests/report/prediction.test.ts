import test from "ava";
import fc from "fast-check";
import { isNonEmpty } from "../../analysis/values.ts";
import { predictionInterval } from "../../report/prediction.ts";

test("five values predict the next as by hand, on logarithms", (t) => {
  // Logarithms −2, −1, 0, 1, 2 (times ln 2): mean 0, s = sqrt(10/4)·ln 2 = 1.0960; 2.7764·1.0960·sqrt(1.2) = 3.3333; e^±3.3333.
  const [low, high] = predictionInterval([0.25, 0.5, 1, 2, 4], 0.95) ?? [0, 0];
  t.true(Math.abs(high - Math.exp(3.3333)) < 0.01, String(high));
  t.true(Math.abs(low * high - 1) < 1e-9);
});

test("four values predict nothing", (t) => {
  t.is(predictionInterval([1, 2, 3, 4], 0.95), null);
});

const value = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
const values = fc.array(value, { minLength: 5, maxLength: 12 });

test("the interval scales with the values: another unit changes nothing", (t) => {
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 100, noNaN: true }), (each, factor) => {
      if (!isNonEmpty(each)) return;
      const one = predictionInterval(each, 0.95) ?? [0, 0];
      const scaled = each.map((one) => one * factor);
      const other = (isNonEmpty(scaled) && predictionInterval(scaled, 0.95)) || [0, 0];
      for (const i of [0, 1] as const) t.true(Math.abs(Math.log(other[i]) - Math.log(one[i] * factor)) < 1e-6);
    }),
  );
});

test("the order of the values changes nothing, and more certainty makes the interval wider", (t) => {
  fc.assert(
    fc.property(values, (each) => {
      const reversed = each.toReversed();
      if (!isNonEmpty(each) || !isNonEmpty(reversed)) return;
      const [low, high] = predictionInterval(each, 0.95) ?? [0, 0];
      const [a, b] = predictionInterval(reversed, 0.95) ?? [0, 0];
      t.true(Math.abs(a / low - 1) < 1e-9 && Math.abs(b / high - 1) < 1e-9);
      const [lower, higher] = predictionInterval(each, 0.99) ?? [0, 0];
      t.true(lower <= low && high <= higher);
    }),
  );
});

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

const shapes: [name: string, draw: (next: () => number) => number, least: number][] = [
  ["log-normal", (next) => Math.exp(0.1 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())), 0.94],
  // What an operating system adds now and then: never less than a bound, sometimes much more.
  ["a bound and an exponential tail", (next) => 1 - 0.05 * Math.log(1 - next()), 0.9],
];
for (const [name, draw, least] of shapes) {
  for (const n of [5, 10, 30]) {
    test(`the next of ${n} values (${name}) falls inside at least ${100 * least} % of the time`, (t) => {
      const next = uniform(n);
      let inside = 0;
      for (let run = 0; run < 4000; run++) {
        const drawn = Array.from({ length: n }, () => draw(next));
        const [low, high] = (isNonEmpty(drawn) && predictionInterval(drawn, 0.95)) || [0, 0];
        const one = draw(next);
        if (low <= one && one <= high) inside++;
      }
      t.true(inside / 4000 >= least, String(inside / 4000));
    });
  }
}
