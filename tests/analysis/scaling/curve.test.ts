import test from "ava";
import fc from "fast-check";
import { coresBound, pointSpeedup, singleTimes, undisturbed } from "../../../analysis/scaling/curve.ts";

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
