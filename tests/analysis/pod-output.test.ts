import test from "ava";
import { type Asked, InvalidOutput, LogReader, parseLog } from "../../analysis/pod-output.ts";
import { runRecord } from "../helpers/example-records.ts";

const origin = { source: "pod p" };
const measured = runRecord({ seconds: [4.1, 4.2, 4.3], started: 1_700_000_000 });
const line = "Node gray: π ≈ 3.141200, Time: 4.18s";
const record = JSON.stringify({
  record: "pi-speedup/1",
  index: 0,
  node: "gray",
  ...measured,
});

test("a log of the tutorial's line and the record gives both", (t) => {
  const { line: found, run } = parseLog(`${line}\n${record}\n`, origin);
  t.is(found, line);
  t.deepEqual(run, measured);
});

test("foreign lines around the result are ignored", (t) => {
  const log = ["warning: something else", "Time: 1.00s", line, '{"level":"info"}', record, "x".repeat(1_000_000)].join(
    "\r\n",
  );
  t.is(parseLog(log, origin).line, line);
});

test("a log in pieces, wherever it was cut, holds the same result as in one", (t) => {
  const log = `${"noise ".repeat(200)}\r\n${line}\n\n${record}\n${"x".repeat(1_000)}`;
  for (let size = 1; size < log.length; size = Math.ceil(size * 1.3)) {
    const reader = new LogReader();
    for (let at = 0; at < log.length; at += size) reader.add(log.slice(at, at + size));
    t.deepEqual(reader.result(origin), { line, run: measured });
  }
});

test("lines in pieces are counted as lines", (t) => {
  const reader = new LogReader().add("one\ntw").add("o\n").add("\n").add("y".repeat(5_000)).add("\nfour");
  t.regex(t.throws(() => reader.result(origin), { instanceOf: InvalidOutput }).message, /\(4 lines were read\)/);
});

test("values that a kernel does not report are null, and no error", (t) => {
  const silent = record.replaceAll('"waited":0', '"waited":null').replace('"stolen":0', '"stolen":null');
  const { run } = parseLog(`${line}\n${silent}\n`, origin);
  t.deepEqual([run.machine.stolen, ...run.rounds.map(({ waited }) => waited)], [null, null, null, null]);
});

const damaged: [what: string, log: string, expected: RegExp][] = [
  ["an empty log", "", /log of pod p holds no result \(0 lines were read\)/],
  ["a log without a record", `${line}\n`, /holds no result \(1 lines were read\)/],
  ["two records", `${line}\n${record}\n${record}`, /holds 2 results instead of one/],
  ["a record without the tutorial's line", record, /holds a record, but no line/],
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
  ...(
    [
      ["a number beyond all", '"cores":4', '"cores":1e999', /cores/],
      ["a board of a million letters", '"board":"', `"board":"${"x".repeat(1e6)}`, /board/],
      [
        "a time beyond all ages",
        `"ended":${measured.ended}`,
        '"ended":1e300',
        /cannot be true: it has the time 1e\+300/,
      ],
      [
        "more hits than throws in a round",
        '"inside":785398,"waited"',
        '"inside":1000001,"waited"',
        /1000001 of 1000000 throws/,
      ],
      ["a sum that is none", '"inside":2356194', '"inside":2356195', /and 2356194 by its rounds/],
      ["a wait that is negative", '"waited":0', '"waited":-1', /not what pi\.py prints: rounds\.0\.waited/],
      ["more than all time stolen", '"stolen":0', '"stolen":1.5', /not what pi\.py prints: machine\.stolen/],
      ["no cool-down", '"coolDown":0,', "", /not what pi\.py prints: coolDown/],
      ["a part of a sample", '"samples":3000000', '"samples":3000001', /no multiple/],
    ] as const
  ).map(([what, from, to, expected]): [string, string, RegExp] => [
    `a record with ${what}`,
    `${line}\n${record.replace(from, to)}`,
    expected,
  ]),
];
for (const [what, log, expected] of damaged) {
  test(`${what} is refused with a sentence that names its source`, (t) => {
    const { message } = t.throws(() => parseLog(log, origin), { instanceOf: InvalidOutput });
    t.regex(message, expected);
    t.regex(message, /\. \[log-[a-z]+\]$/);
  });
}

const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };
const differences: [what: string, asked: Asked, expected: RegExp][] = [
  ["rounds", { ...asked, rounds: 6 }, /it has 3 rounds, where 6 were asked for/],
  ["samples", { ...asked, samples: 10 }, /1000000 samples in a round, where 10 were asked for/],
  ["processes", { ...asked, processes: 2 }, /it has 1 processes, where 2 were asked for/],
  ["a seed", { ...asked, seed: "mine" }, /its seed is not the one that was set/],
];
for (const [what, other, expected] of differences) {
  test(`a record of other ${what} than were asked for is refused`, (t) => {
    const log = `${line}\n${record}`;
    t.notThrows(() => parseLog(log, { ...origin, asked: { ...asked, processes: "cores" } }));
    t.throws(() => parseLog(log, { ...origin, asked: other }), { instanceOf: InvalidOutput, message: expected });
  });
}

test("a record from a clock that was never set is accepted, because a shift corrects it", (t) => {
  const boot = runRecord({ seconds: [4.1, 4.2, 4.3], started: 12 });
  const log = `${line}\n${JSON.stringify({ record: "pi-speedup/1", index: 0, node: "gray", ...boot })}`;
  t.is(parseLog(log, origin).run.started, 12);
});
