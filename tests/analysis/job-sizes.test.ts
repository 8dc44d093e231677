import test from "ava";
import fc from "fast-check";
import { jobSize, jobSizes } from "../../analysis/job-sizes.ts";
import { metricsOf } from "../../analysis/metrics.ts";
import { timedRun } from "../../analysis/timed-run.ts";
import { baselineRecord, nodeRecord, podTimes } from "../helpers/example-records.ts";

const seconds = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 3, maxLength: 4 });
const run = fc
  .record({
    workers: fc.array(seconds, { minLength: 1, maxLength: 4 }),
    single: seconds,
    starts: fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 4, maxLength: 4 }),
    start: fc.double({ min: 0, max: 5, noNaN: true }),
  })
  .map(({ workers, single, starts, start }) => {
    const nodes = workers.map((each, index) => nodeRecord({ index, seconds: each }));
    const pods = nodes.map(({ index, rounds }) =>
      podTimes({ index, read: rounds.reduce((sum, round) => sum + round.seconds, 0) + (starts[index] ?? 0) }),
    );
    return timedRun(nodes, { ...baselineRecord(single), overhead: start }, { released: 0, pods });
  });

const near = (a: number | null | undefined, b: number | null | undefined) =>
  a == null || b == null ? a == null && b == null : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));

test("a job of one share is the fixed-size speed-up, one of N shares the end-to-end speed-up, with their intervals", (t) => {
  fc.assert(
    fc.property(run, (timed) => {
      const metrics = metricsOf(timed);
      const [one, all] = [jobSize(timed, 1), jobSize(timed, timed.workers)];
      t.true(near(one?.speedup, metrics.fixedSizeSpeedup));
      t.true(near(all?.speedup, metrics.endToEndSpeedup));
      for (const end of [0, 1] as const) {
        t.true(near(one?.interval?.[end], metrics.fixedSizeSpeedupCI95?.[end]));
        t.true(near(all?.interval?.[end], metrics.endToEndSpeedupCI95?.[end]));
      }
    }),
  );
});

test("the sizes are one share, one for each worker, ten and a hundred, as by hand", (t) => {
  // Two workers of 3 s against 2 s; the pods cost 4 s, the single machine 1 s.
  const nodes = [0, 1].map((index) => nodeRecord({ index, seconds: [3, 3, 3] }));
  const pods = [0, 1].map((index) => podTimes({ index, read: 13 }));
  const timed = timedRun(nodes, { ...baselineRecord([2, 2, 2]), overhead: 1 }, { released: 0, pods });
  t.deepEqual(
    jobSizes(timed)?.map(({ shares, samples, single, cluster }) => [shares, samples, single, cluster]),
    [
      [1, 1_000_000, 3, 5.5],
      [2, 2_000_000, 5, 7],
      [10, 10_000_000, 21, 19],
      [100, 100_000_000, 201, 154],
    ],
  );
});

test("if a start is unknown there are no sizes", (t) => {
  const timed = timedRun([nodeRecord({ seconds: [1, 1, 1] })], baselineRecord([1, 1, 1]), null);
  t.is(jobSizes(timed), null);
});
