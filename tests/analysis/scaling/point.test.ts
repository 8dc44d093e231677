import test from "ava";
import { studyPoint } from "../../../analysis/scaling/point.ts";
import { assessed } from "../../helpers/example-run.ts";
import { assertFault } from "../../helpers/faults.ts";

const run = assessed({
  workers: [
    { node: "b", seconds: [1, 1, 1, 1, 1, 1] },
    { node: "a", seconds: [2, 2, 2, 2, 2, 2], machine: { bootId: "boot-0" } },
  ],
});
const planned = { workers: 2, block: 1, position: 2, nodes: ["a", "b"] };

test("a point has its workers' times in the order of the plan, whatever their pods' order", (t) => {
  const point = studyPoint(planned, run);
  t.deepEqual(point.times, [2, 1]);
  t.is(point.seconds, 2);
  t.is(point.elapsed, run.metrics.elapsed);
  t.is(point.when, 1000);
  t.deepEqual(point.interval, run.metrics.tSlowestCI95);
});

test("a point knows which of its workers are one computer", (t) => {
  t.deepEqual(studyPoint(planned, run).hosts, [{ nodes: ["a", "b"], cores: 1, processes: 2 }]);
});

test("a sound run of alike workers is a point without doubts, and the wait holds the start", (t) => {
  const point = studyPoint(
    { ...planned, workers: 3, nodes: ["node-0", "node-1", "node-2"] },
    assessed({
      workers: [{ node: "node-0" }, { node: "node-1" }, { node: "node-2" }],
    }),
  );
  t.deepEqual(point.doubts, []);
  t.true((point.wait ?? 0) > point.seconds);
});

test("what makes a run doubtful makes the point so", (t) => {
  const point = studyPoint(
    planned,
    assessed({
      workers: [{ node: "a", machine: { stolen: 0.2 } }, { node: "b" }],
    }),
  );
  t.true(point.doubts.length > 0);
});

test("without a timeline nothing is known of the wait", (t) => {
  const point = studyPoint(planned, { nodes: run.nodes, timeline: null });
  t.is(point.wait, null);
  t.is(point.elapsed, null);
  t.is(point.when, null);
});

test("a point that did not run as planned is refused", (t) => {
  const error = t.throws(() => studyPoint({ ...planned, nodes: ["a", "c"] }, run));
  assertFault(t, "study-elsewhere", error?.message ?? "");
  t.throws(() => studyPoint({ ...planned, workers: 1, nodes: ["a"] }, run), { message: /ran on b, a/ });
});
