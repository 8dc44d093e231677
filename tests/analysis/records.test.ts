import test from "ava";
import * as v from "valibot";
import { baselineOf, baselineRecordSchema } from "../../analysis/records.ts";
import { nodeRecord } from "../helpers/example-records.ts";

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
