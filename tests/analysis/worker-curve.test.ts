import test from "ava";
import fc from "fast-check";
import { timedRun } from "../../analysis/timed-run.ts";
import { workerCurve } from "../../analysis/worker-curve.ts";
import { baselineRecord, nodeRecord } from "../helpers/example-records.ts";

const runOf = (workers: readonly (readonly number[])[], single: readonly number[]) =>
  timedRun(
    workers.map((seconds, index) => nodeRecord({ index, seconds })),
    baselineRecord(single),
    null,
  );

test("the curve takes the longest of the first p workers, as by hand", (t) => {
  const curve = workerCurve(runOf([[2], [1], [4], [3]], [2]));
  t.deepEqual(
    curve.map(({ workers, time, speedup }) => [workers, time, speedup]),
    // p·2/T(p)
    [
      [1, 2, 1],
      [2, 2, 2],
      [3, 4, 1.5],
      [4, 4, 2],
    ],
  );
});

test("with all workers it is the throughput speed-up, with its interval before it is cut", (t) => {
  const times = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 6 }), times, (workers, single) => {
      const run = runOf(workers, single);
      const last = workerCurve(run).at(-1);
      t.is(last?.speedup, (run.workers * run.tSingle) / Math.max(...run.times));
      t.deepEqual(last?.interval, run.speedupInterval);
    }),
  );
});

test("T(p) never falls as workers are added", (t) => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 9 }), (workers) => {
      const curve = workerCurve(
        runOf(
          workers.map((each) => [each]),
          [1],
        ),
      );
      for (const [i, { time }] of curve.entries()) t.true(time >= (curve[i - 1]?.time ?? 0));
    }),
  );
});

test("without enough rounds the curve has no interval", (t) => {
  t.true(workerCurve(runOf([[1, 1]], [1, 1, 1])).every(({ interval }) => interval === null));
});
