import test from "ava";
import stringWidth from "string-width";
import { type AnyEntry, type Entry, entryOf } from "../../../report/history/entries.ts";
import { historyText } from "../../../report/history/text.ts";
import { formerEntry } from "../../helpers/example-history.ts";
import { example, rounds } from "../../helpers/example-measurement.ts";
import { baselineRecord } from "../../helpers/example-records.ts";

/** Runs a day apart, the single machine a little different each time. */
function runs(count: number, changed: Partial<Entry> = {}): Entry[] {
  return Array.from({ length: count }, (_, at) => {
    const single = { ...baselineRecord(rounds(1.5 + (at % 3) / 50)), seed: String(at) };
    return { ...entryOf(example({ single, started: 1_764_000_000 + at * 86_400 }), "dev", {}), doubts: [], ...changed };
  });
}
const text = (entries: readonly AnyEntry[]) => historyText(entries, "UTC");
const running = (entries: readonly AnyEntry[]) => text(entries).replaceAll(/\s+/g, " ");

test("without a run it says what makes the first", (t) => {
  t.regex(text([]), /no earlier run: `npm run up` makes the first/);
});

test("runs are listed under their settings, with when, headline figures and intervals", (t) => {
  const found = text(runs(2));
  t.regex(found, /^3 workers, 6 × 1,000,000 samples, 1 process, python:3\.9-slim, against docker$/m);
  t.regex(
    found,
    /^ {2}2025-11-24 16:00 {2}dev +0\.\d\d +0\.\d\d – 0\.\d\d +5\.\d{3} s +1\.\d{3} s +1\.\d{3} – 1\.\d{3} s +0\.\d\d$/m,
  );
});

test("too few runs say once that nothing can be told, and how many are missing", (t) => {
  t.regex(text(runs(3)), /^Can't tell noise from change: 2 earlier runs to compare with, 3 more are needed\.$/m);
});

test("with five earlier runs the latest is called noise or more, with what was to be expected", (t) => {
  const six = runs(6);
  t.regex(
    running(six),
    /Single machine 1\.5\d\d s: no change that can be told, within what 5 earlier runs let expect, 1\.\d+ – 1\.\d+ s; one below ± [\d.]+ % can't be told\./,
  );
  const slow = six.map((each, i) => (i === 5 ? { ...each, metrics: { ...each.metrics, tSingle: 3 } } : each));
  t.regex(running(slow), /Single machine 3\.000 s: more than noise, higher than what 5 earlier runs let expect/);
});

test("a doubtful run is marked", (t) => {
  t.regex(text(runs(1, { doubts: ["rounds scatter"] })), /^! 2025-11-24 16:00 /m);
});

test("of very many runs the latest are listed, with where the others are", (t) => {
  t.regex(text(runs(30)), /^ {2}… 10 before these: npm run history -- --csv$/m);
});

test("no line is wider than 100 columns", (t) => {
  const odd = runs(7, { stack: "中文".repeat(30) }).map((each) => ({
    ...each,
    settings: { ...each.settings, image: `registry/${"x".repeat(200)}` },
    metrics: {
      ...each.metrics,
      throughputSpeedup: 1_234_567,
      throughputSpeedupCI95: [0.001, 7_654_321] as [number, number],
      tSingle: 0.0000123,
      tSingleCI95: [0.0000012, 98_765_432] as [number, number],
      tSlowest: 123_456_789,
      endToEndSpeedup: 123_456,
    },
  }));
  for (const line of text(odd).split("\n")) t.true(stringWidth(line) <= 100, line);
});

test("runs of a former version are shown, marked, and not compared", (t) => {
  const found = text([1, 2, 3, 4, 5, 6].map((at) => formerEntry(at)));
  t.regex(found, /By an earlier version, which took medians: shown, and compared with nothing\./);
  t.notRegex(found, /Can't tell noise|runs let expect/);
});

test("what runs have in common is under their settings: processor, kernel, Python, program, single machine", (t) => {
  t.regex(
    running(runs(1)),
    /Raspberry Pi 4 Model B Rev 1\.4, kernel 6\.1, Python 3\.9\.25, pi\.py 01234567; single machine: Raspberry Pi 4 Model B Rev 1\.4, 6\.1, 2 cores/,
  );
});

test("a doubtful latest run says so before what differs", (t) => {
  const six = runs(6).map((each, i) => (i === 5 ? { ...each, doubts: ["something"] } : each));
  t.regex(running(six), /The latest run is doubtful: .* Throughput speed-up/);
});
