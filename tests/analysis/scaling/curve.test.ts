import test from "ava";
import fc from "fast-check";
import { coresBound, countSpeedups, pointSpeedup, singleTimes, undisturbed } from "../../../analysis/scaling/curve.ts";

const host = (workers: number, cores: number, processes = workers) => ({
  nodes: Array.from({ length: workers }, (_, i) => `node-${i}`),
  cores,
  processes,
});

const bounds: [title: string, hosts: Parameters<typeof coresBound>[0]["hosts"], bound: number][] = [
  ["three workers on two cores of one computer", [host(3, 2)], 2],
  ["two workers on two cores", [host(2, 2)], 2],
  ["three computers of one worker each", [host(1, 4), host(1, 4), host(1, 4)], 3],
  ["three workers on two cores, and one on its own", [host(3, 2), host(1, 4)], 3],
  ["two workers of four processes on four cores: one alone uses them all", [host(2, 4, 8)], 1],
  ["two computers whose workers have twice as many processes as cores", [host(1, 2, 4), host(1, 2, 4)], 2],
];
for (const [title, hosts, bound] of bounds) {
  test(`the cores allow ${title}: ${bound}`, (t) => t.is(coresBound({ hosts }), bound));
}

test("undisturbed workers take as long as the slowest of them, and a p-th of that where they divide the work", (t) => {
  t.deepEqual(undisturbed("weak", [2, 1, 4, 3]), [2, 2, 4, 4]);
  t.deepEqual(undisturbed("strong", [2, 1, 4, 3]), [2, 1, 4 / 3, 1]);
});

test("undisturbed equal workers have the ideal speed-up in both kinds", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.double({ min: 0.1, max: 10, noNaN: true }), (count, time) => {
      const [, ...rest] = Array.from({ length: count }, () => time);
      for (const kind of ["weak", "strong"] as const) {
        for (const [i, seconds] of undisturbed(kind, [time, ...rest]).entries()) {
          t.true(Math.abs(pointSpeedup(kind, i + 1, seconds, time) - (i + 1)) < 1e-9);
        }
      }
    }),
  );
});

test("a block's T_1 is the time of its point with one worker", (t) => {
  const points = [
    { workers: 2, block: 1, seconds: 3 },
    { workers: 1, block: 1, seconds: 5 },
    { workers: 1, block: 2, seconds: 6 },
  ];
  t.deepEqual(
    [...singleTimes(points, ({ seconds }) => seconds)],
    [
      [1, 5],
      [2, 6],
    ],
  );
});

test("a count's speed-up is the geometric mean over the blocks, with Student's interval on logarithms", (t) => {
  // Blocks of 1.6 and 2.5: mean √4 = 2, deviation of the logarithms ln(2.5/1.6)/√2, so that of the mean ln(1.25) = 0.22314; t = 12.7062.
  const points = [
    { workers: 1, block: 1, time: 4 },
    { workers: 2, block: 1, time: 2.5 },
    { workers: 1, block: 2, time: 5 },
    { workers: 2, block: 2, time: 2 },
    { workers: 3, block: 3, time: 1 },
  ];
  const [one, two, ...others] = countSpeedups("strong", points, ({ time }) => time);
  t.deepEqual([one?.speedup, one?.interval], [1, [1, 1]]);
  t.true(Math.abs((two?.speedup ?? 0) - 2) < 1e-12);
  t.is(two?.degrees, 1);
  const margin = 12.7062 * Math.log(1.25);
  t.true(Math.abs((two?.interval?.[0] ?? 0) / (2 * Math.exp(-margin)) - 1) < 1e-4, `${two?.interval}`);
  // Block 3 has no point with one worker.
  t.is(others.length, 0);
});

test("a single block gives a speed-up without an interval", (t) => {
  const points = [
    { workers: 1, block: 1, time: 4 },
    { workers: 2, block: 1, time: 2 },
  ];
  t.is(countSpeedups("weak", points, ({ time }) => time)[1]?.interval, null);
});
