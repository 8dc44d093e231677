import test from "ava";
import * as v from "valibot";
import { isMeasured, runsOf, singleMachineSchema, workerOf } from "../../analysis/records.ts";
import { baselineRecord, nodeRecord } from "../helpers/example-records.ts";

const node = nodeRecord({ index: 0, seconds: [1, 1, 1], started: 102 });

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
  t.is(workerOf({ ...baselineRecord([1]), mode: `worker:${node.node}` }), node.node);
  t.is(workerOf(baselineRecord([1])), undefined);
  t.is(workerOf({ mode: "given", seconds: 1 }), undefined);
});

test("a single machine is parsed to what was written", (t) => {
  for (const single of [baselineRecord([1]), { mode: "given" as const, seconds: 1 }])
    t.deepEqual(v.parse(singleMachineSchema, JSON.parse(JSON.stringify(single))), single);
});
