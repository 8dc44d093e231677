import test from "ava";
import { baselineOf } from "../../../components/measurement/records.ts";
import { nodeRecord } from "./example-records.ts";

const node = nodeRecord({ index: 0, seconds: [1, 1, 1], started: 102 });
const collection = (created: number) => ({ timeline: { created, pods: [] }, nodes: [node], logs: [""] });

test("a worker's record becomes the single machine's, which says which worker it was", (t) => {
  const { node: name, pod: _, index: __, ...run } = node;
  t.deepEqual(baselineOf(collection(100)), { mode: `worker:${name}`, elapsed: 5, ...run });
});

test("how long the Job took is unknown where the clocks contradict each other", (t) => {
  t.is(baselineOf(collection(200)).elapsed, null);
});
