import test from "ava";
import * as v from "valibot";
import {
  baselineOf,
  baselineRecordSchema,
  isMeasured,
  runsOf,
  singleMachineSchema,
  workerOf,
} from "../../analysis/records.ts";
import { baselineRecord, nodeRecord } from "../helpers/example-records.ts";

const node = nodeRecord({ index: 0, seconds: [1, 1, 1], started: 102 });
const collection = (created: number) => ({ timeline: { created, pods: [] }, nodes: [node], logs: [""] });

test("a worker's record becomes the single machine's, which says which worker it was", (t) => {
  const { node: name, pod: _, index: __, ...run } = node;
  t.deepEqual(baselineOf(collection(100)), { mode: `worker:${name}`, elapsed: 5, digest: null, ...run });
});

test("how long the Job took is unknown where the clocks contradict each other", (t) => {
  t.is(baselineOf(collection(200)).elapsed, null);
});

test("records of before governor and digest were asked for are read, both unknown", (t) => {
  const { governor: _, ...machine } = node.machine;
  const { node: __, pod: ___, index: ____, ...run } = node;
  const old = { mode: "docker", elapsed: 1, ...run, machine };
  const read = v.parse(baselineRecordSchema, old);
  t.is(read.machine.governor, null);
  t.is(read.digest, null);
});

test("a single machine is measured or given, whatever its mode is called", (t) => {
  t.true(isMeasured(baselineRecord([1])));
  t.true(isMeasured({ ...baselineRecord([1]), mode: "given" }));
  t.false(isMeasured({ mode: "given", seconds: 1 }));
});

test("the runs are those of the workers, and of a single machine that was measured", (t) => {
  const single = baselineRecord([1]);
  t.deepEqual(runsOf([node], single), [node, single]);
  t.deepEqual(runsOf([node], { mode: "given", seconds: 1 }), [node]);
});

test("a single machine that is a worker is known by its name, any other is none of them", (t) => {
  t.is(workerOf(baselineOf(collection(100))), node.node);
  t.is(workerOf(baselineRecord([1])), undefined);
  t.is(workerOf({ mode: "given", seconds: 1 }), undefined);
});

test("a single machine is read again as what it was", (t) => {
  for (const single of [baselineRecord([1]), { mode: "given" as const, seconds: 1 }])
    t.deepEqual(v.parse(singleMachineSchema, JSON.parse(JSON.stringify(single))), single);
});
