import test from "ava";
import { Failure } from "../../../analysis/failure.js";
import { resultIn } from "../../../components/measurement/result-in.ts";
import { runRecord } from "../../helpers/example-records.ts";

const origin = { source: "pod p", remedy: "Do this." };
const line = "Node gray: π ≈ 3.141200, Time: 4.18s";
const run = runRecord({ seconds: [4.1, 4.2, 4.3], started: 1_700_000_000 });
const record = JSON.stringify({ record: "pi-speedup/1", index: 0, node: "gray", ...run });

test("a log of the tutorial's line and the record gives both", (t) => {
  t.deepEqual(resultIn(`${line}\n${record}\n`, origin), { line, run });
});

const damaged: [what: string, log: string, expected: RegExp][] = [
  ["a log without a record", `${line}\n`, /^The log of pod p holds no result \(1 lines were read\)/],
  ["a record that is cut off", `${line}\n${record.slice(0, 200)}`, /cut off or garbled after 200 characters/],
];
for (const [what, log, expected] of damaged) {
  test(`${what} is a failure that names its source and what to do`, (t) => {
    const { message } = t.throws(() => resultIn(log, origin), { instanceOf: Failure });
    t.regex(message, expected);
    t.regex(message, /\. Do this\. \[log-[a-z]+\]$/);
  });
}

test("another pod's result is a failure that names the expected one", (t) => {
  const { message } = t.throws(
    () => resultIn(`${line}\n${record}\n`, { ...origin, expected: { index: 1, node: "black" } }),
    { instanceOf: Failure },
  );
  t.regex(message, /somebody else: index 0 on node gray instead of index 1 on node black\. Do this\. \[log-foreign\]$/);
});
