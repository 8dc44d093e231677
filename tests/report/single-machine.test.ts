import test from "ava";
import { singleMachineName } from "../../report/single-machine.ts";
import { baselineRecord } from "../helpers/example-records.ts";

test("a single machine is called by what ran it, by the worker that it is, or by nothing more", (t) => {
  t.is(singleMachineName(baselineRecord([1])), "single machine (docker)");
  t.is(singleMachineName({ ...baselineRecord([1]), mode: "worker:gray" }), "gray, alone");
  t.is(singleMachineName({ mode: "given", seconds: 1 }), "single machine");
});
