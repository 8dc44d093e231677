import test from "ava";
import { InvalidOutput, parseLog } from "../../analysis/pod-output.ts";
import { runRecord } from "../helpers/example-records.ts";

const origin = { source: "pod p" };
const line = "Node gray: π ≈ 3.141200, Time: 4.18s";
const record = JSON.stringify({
  record: "pi-speedup/1",
  index: 0,
  node: "gray",
  ...runRecord({ seconds: [4.1, 4.2, 4.3] }),
});

test("a log of the tutorial's line and the record gives both", (t) => {
  const { line: found, run } = parseLog(`${line}\n${record}\n`, origin);
  t.is(found, line);
  t.deepEqual(run, runRecord({ seconds: [4.1, 4.2, 4.3] }));
});

test("foreign lines around the result are passed over", (t) => {
  const log = ["warning: something else", "Time: 1.00s", line, '{"level":"info"}', record, "x".repeat(1_000_000)].join(
    "\r\n",
  );
  t.is(parseLog(log, origin).line, line);
});

const damaged: [what: string, log: string, expected: RegExp][] = [
  ["an empty log", "", /log of pod p holds no result \(0 lines were read\)/],
  ["a log without a record", `${line}\n`, /holds no result \(1 lines were read\)/],
  ["two records", `${line}\n${record}\n${record}`, /holds 2 results where one was expected/],
  ["a record without the tutorial's line", record, /holds a record but no line/],
  ["a record that is cut off", `${line}\n${record.slice(0, 200)}`, /cut off or garbled after 200 characters/],
  [
    "a record with a field of the wrong type",
    `${line}\n${record.replace('"cores":4', '"cores":"4"')}`,
    /not what pi\.py prints: cores:/,
  ],
  [
    "a record without rounds",
    `${line}\n${record.replace(/"rounds":\[.*\]/, '"rounds":[]')}`,
    /not what pi\.py prints: rounds/,
  ],
];
for (const [what, log, expected] of damaged) {
  test(`${what} is refused by a sentence that names its source`, (t) => {
    const { message } = t.throws(() => parseLog(log, origin), { instanceOf: InvalidOutput });
    t.regex(message, expected);
    t.true(message.endsWith("."), message);
  });
}
