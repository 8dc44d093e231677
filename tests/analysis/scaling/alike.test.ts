import test from "ava";
import { workerSpeeds } from "../../../analysis/scaling/alike.ts";
import { randomFrom } from "../../bench/random.ts";

const nodes = ["a", "b", "c"];

// Two workers in two points, in logarithms: differences b − a of 0.2 and 0.4. The effect is their mean, 0.3; explained 2·0.3²/2 = 0.09,
// in all (0.2² + 0.4²)/2 = 0.1, left 0.01 with one degree of freedom: F = 9, and P(F > 9) with 1 and 1 is 1 − (2/π)·atan(3) = 0.204833.
test("two workers in two points compare as by hand", (t) => {
  const points = [0.2, 0.4].map((difference, i) => ({
    nodes: ["a", "b"],
    times: [Math.exp(i), Math.exp(i + difference)],
  }));
  const found = workerSpeeds(points);
  t.true(Math.abs((found?.chance ?? 0) - 0.204833) < 1e-5, String(found?.chance));
  t.true(Math.abs((found?.apart ?? 0) - Math.expm1(0.3)) < 1e-9);
  t.is(found?.slowest, "b");
  t.is(found?.fastest, "a");
});

test("a slow point is not a slow worker: only workers of one point are compared", (t) => {
  const points = [1, 10].flatMap((by) => [
    { nodes: ["a", "b"], times: [by, 1.001 * by] },
    { nodes, times: [10 * by, 10.01 * by, 9.99 * by] },
  ]);
  t.true((workerSpeeds(points)?.apart ?? 1) < 0.01);
});

test("equal workers are called unlike at 1 % about once in a hundred times", (t) => {
  const { normal } = randomFrom("alike");
  let called = 0;
  for (let run = 0; run < 2000; run++) {
    const points = [2, 3, 2, 3, 2, 3].map((count) => ({
      nodes: nodes.slice(0, count),
      times: Array.from({ length: count }, () => Math.exp(0.02 * normal())),
    }));
    if ((workerSpeeds(points)?.chance ?? 1) < 0.01) called++;
  }
  // 20; four standard deviations are 18.
  t.true(Math.abs(called - 20) < 18, String(called));
});

test("nothing is known about workers that were always alone, or met once", (t) => {
  t.is(workerSpeeds([{ nodes: ["a"], times: [1] }]), null);
  t.is(workerSpeeds([{ nodes: ["a", "b"], times: [1, 2] }]), null);
  t.is(workerSpeeds([]), null);
});

test("without any scatter a difference is surely one, and equality is none", (t) => {
  const points = (by: number) => [1, 2].map((time) => ({ nodes: ["a", "b"], times: [time, by * time] }));
  t.true((workerSpeeds(points(2))?.chance ?? 1) < 1e-6);
  t.is(workerSpeeds(points(1))?.chance, 1);
});
