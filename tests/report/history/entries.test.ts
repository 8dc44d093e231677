import test from "ava";
import fc from "fast-check";
import type { SingleMachine } from "../../../analysis/records.ts";
import {
  compareLatest,
  type Entry,
  entryOf,
  groupsOf,
  isFormer,
  lineOf,
  parseHistory,
} from "../../../report/history/entries.ts";
import { anyText } from "../../helpers/any-text.ts";
import { day, entry, formerEntry, versions } from "../../helpers/example-history.ts";
import { example, rounds } from "../../helpers/example-measurement.ts";
import { baselineRecord } from "../../helpers/example-records.ts";

test("a run is kept with its settings, its figures and intervals, and the versions that it used", (t) => {
  const kept = entryOf(example(), "dev", versions);
  const { metrics } = example();
  t.like(kept, {
    stack: "dev",
    record: "pi-speedup/history/2",
    settings: {
      workers: 3,
      image: "python:3.9-slim",
      samples: 1_000_000,
      rounds: 6,
      processes: 1,
      baseline: "docker",
      digest: "",
      python: "3.9.25",
      program: "0123456789abcdef",
      kernel: "6.1",
      cpu: "Raspberry Pi 4 Model B Rev 1.4",
      host: "Raspberry Pi 4 Model B Rev 1.4, 6.1, 2 cores",
    },
    versions: { Pulumi: "3.250.0" },
  });
  t.is(kept.metrics.throughputSpeedup, metrics.throughputSpeedup);
  t.deepEqual(kept.metrics.throughputSpeedupCI95, [...(metrics.throughputSpeedupCI95 ?? [])] as [number, number]);
});

test("the same measurement has the same id, another one another", (t) => {
  t.is(entryOf(example(), "dev", versions).id, entryOf(example(), "dev", {}).id);
  t.not(entry(1).id, entry(2).id);
});

test("a new single machine is a new run that shares the workers' half", (t) => {
  const again = entryOf(example({ single: { ...baselineRecord(rounds(1.6)), seed: "11" } }), "dev", versions);
  const first = entryOf(example(), "dev", versions);
  t.not(again.id, first.id);
  t.is(again.halves.workers, first.halves.workers);
});

test("entries are read as they were written, oldest first, and once", (t) => {
  const [one, two] = [entry(1), entry(2)];
  const text = lineOf(two) + lineOf(one) + lineOf(two);
  t.deepEqual(parseHistory(text), { entries: [one, two], faults: [] });
});

const corrupt: [what: string, line: string, why: RegExp][] = [
  ["half a line", lineOf(entry(1)).slice(0, 200), /no JSON object/],
  ["text", "hello", /no JSON object/],
  ["another kind of record", '{"record":"pi-speedup/history/9"}', /"record"/],
  ["a figure of 0", lineOf(entry(1)).replace(/"tSingle":[\d.]+/, '"tSingle":0'), /"metrics\.tSingle"/],
];
for (const [what, line, why] of corrupt) {
  test(`${what} is named by its line and skipped, and the others are read`, (t) => {
    const { entries, faults } = parseHistory(`${lineOf(entry(1))}${line.trim()}\n${lineOf(entry(2))}`);
    t.is(entries.length, 2);
    t.is(faults.length, 1);
    t.is(faults[0]?.line, 2);
    t.regex(faults[0]?.why ?? "", why);
  });
}

test("fields that a later version adds to a run are passed on", (t) => {
  const [read] = parseHistory(lineOf({ ...entry(1), colour: "blue" })).entries;
  t.is(read?.colour, "blue");
});

test("no text breaks the reading of the lines around it", (t) => {
  fc.assert(
    fc.property(fc.array(anyText().map((line) => line.replaceAll("\n", ""))), (lines) => {
      const text = [lineOf(entry(1)).trim(), ...lines, lineOf(entry(2))].join("\n");
      t.is(parseHistory(text).entries.length, 2);
    }),
  );
});

test("runs are grouped by settings, and other settings are other groups", (t) => {
  const groups = groupsOf([
    entry(1),
    entry(2, 1.52, 3.8, { samples: 5 }),
    entry(3),
    entry(4, 1, 1, { image: "other" }),
  ]);
  t.deepEqual(
    groups.map((group) => group.length),
    [1, 2, 1],
  );
});

test("of one run there is nothing to compare", (t) => {
  t.deepEqual(compareLatest([entry(1)]), []);
});

test("with fewer than five earlier runs nothing can be said", (t) => {
  const found = compareLatest([1, 2, 3, 4, 5].map((at) => entry(at, 1.5 + at / 100)));
  t.deepEqual(
    found.map(({ figure, earlier, verdict }) => [figure, earlier, verdict]),
    [
      ["throughputSpeedup", 4, "can't tell"],
      ["tSlowest", 4, "can't tell"],
      ["tSingle", 4, "can't tell"],
    ],
  );
});

const spread = [1.5, 1.52, 1.49, 1.53, 1.51];
const latest = (single: number, slower?: number) =>
  Object.fromEntries(
    compareLatest([...spread.map((each, at) => entry(at, each)), entry(9, single, slower)]).map(
      ({ figure, verdict }) => [figure, verdict],
    ),
  );

test("a run within the spread of five is noise", (t) => {
  t.deepEqual(latest(1.515), { throughputSpeedup: "noise", tSlowest: "noise", tSingle: "noise" });
});

test("a single machine and workers that are half as fast again are more than noise, their ratio is not", (t) => {
  t.deepEqual(latest(2.25), { throughputSpeedup: "noise", tSlowest: "higher", tSingle: "higher" });
});

test("workers that have become faster are more than noise, and so is the speed-up", (t) => {
  t.deepEqual(latest(1.515, 1.9), { throughputSpeedup: "higher", tSlowest: "lower", tSingle: "noise" });
});

test("runs that share a half count once: the same pods against a new single machine are no new pods", (t) => {
  const pods = entry(1);
  const shared = [2, 3, 4, 5, 6].map((at) => ({
    ...entry(at),
    halves: { ...entry(at).halves, workers: pods.halves.workers },
  }));
  const found = compareLatest([pods, ...shared, entry(9)]);
  t.true(found.every(({ earlier, verdict }) => earlier === 1 && verdict === "can't tell"));
});

test("given seconds are not compared, and do not make all runs the same", (t) => {
  const given: SingleMachine = { mode: "given", seconds: 1.52 };
  const runs = [1, 2, 3, 4, 5, 6].map((at) =>
    entryOf(
      example({ single: given, started: 1_764_000_000 + at * day, workers: [5 + at / 100, 5, 5] }),
      "dev",
      versions,
    ),
  );
  const found = compareLatest(runs);
  t.deepEqual(
    found.map(({ figure }) => figure),
    ["throughputSpeedup", "tSlowest"],
  );
  t.true(found.every(({ earlier }) => earlier === 5));
});

test("runs of an earlier version are read and passed on, grouped separately, and not compared", (t) => {
  const former = [1, 2, 3, 4, 5, 6].map((at) => formerEntry(at));
  const text = [...former, entry(7)].map(lineOf).join("");
  const { entries, faults } = parseHistory(text);
  t.deepEqual(faults, []);
  t.deepEqual(entries.map(isFormer), [true, true, true, true, true, true, false]);
  t.deepEqual(entries.slice(0, 6), former);
  t.deepEqual(
    groupsOf(entries).map((group) => group.length),
    [6, 1],
  );
  t.deepEqual(compareLatest(former), []);
  // Even if they were put in one group.
  t.deepEqual(compareLatest([...former, entry(7)]), []);
});

test("a doubtful run is not used for comparison, and blocks no half of one that is", (t) => {
  const doubtful: Entry = { ...entry(6), halves: entry(5).halves, doubts: ["something"] };
  const found = compareLatest([...[1, 2, 3, 4, 5].map((at) => entry(at)), doubtful, entry(9)]);
  t.true(found.every(({ earlier }) => earlier === 5));
  const apart = compareLatest([
    ...[1, 2, 3, 4].map((at) => entry(at)),
    { ...doubtful, ...entry(6), doubts: ["x"] },
    entry(9),
  ]);
  t.true(apart.every(({ earlier, verdict }) => earlier === 4 && verdict === "can't tell"));
});

test("a doubtful latest run is compared all the same", (t) => {
  const found = compareLatest([...[1, 2, 3, 4, 5].map((at) => entry(at)), { ...entry(9), doubts: ["something"] }]);
  t.is(found[0]?.earlier, 5);
});

test("the smallest detectable change is half the width of noise, on logarithms", (t) => {
  // As in prediction.test.ts by hand, at the level of one of three figures: the expected interval is symmetric on logarithms.
  const found = compareLatest([...spread.map((each, at) => entry(at, each)), entry(9, 1.515)]);
  for (const { expected, smallest } of found) {
    const [low, high] = expected ?? [0, 0];
    t.true(Math.abs(low * (1 + (smallest ?? 0)) ** 2 - high) < 1e-9);
  }
});

for (const setting of ["digest", "python", "program", "kernel", "cpu", "host"] as const) {
  test(`runs with another ${setting} are not compared`, (t) => {
    t.is(groupsOf([entry(1), entry(2, 1.52, 3.8, { [setting]: "another" }), entry(3)]).length, 2);
  });
}
