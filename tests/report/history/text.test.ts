import test from "ava";
import stringWidth from "string-width";
import { type AnyEntry, type Entry, entryOf } from "../../../report/history/entries.ts";
import { historyText } from "../../../report/history/text.ts";
import { formerEntry, studiedEntry } from "../../helpers/example-history.ts";
import { example, rounds } from "../../helpers/example-measurement.ts";
import { baselineRecord } from "../../helpers/example-records.ts";
import { exampleLaw } from "../../helpers/example-scaling.ts";

/** Runs a day apart, the single machine a little different each time. */
function runs(count: number, changed: Partial<Entry> = {}): Entry[] {
  return Array.from({ length: count }, (_, at) => {
    const single = { ...baselineRecord(rounds(1.5 + (at % 3) / 50)), seed: String(at) };
    return { ...entryOf(example({ single, started: 1_764_000_000 + at * 86_400 }), "dev", {}), doubts: [], ...changed };
  });
}
const text = (entries: readonly AnyEntry[]) => historyText(entries, "UTC");
const running = (entries: readonly AnyEntry[]) => text(entries).replaceAll(/\s+/g, " ");

test("without a run it says how to make the first", (t) => {
  t.regex(text([]), /no earlier run\. Use `npm run up` for the first one/);
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
  t.regex(
    running(runs(3)),
    /Noise and change cannot be distinguished yet\. The latest run can be compared with 2 earlier runs, and 3 more are needed\.$/,
  );
});

test("with five earlier runs the latest is called noise or more, with what was to be expected", (t) => {
  const six = runs(6);
  t.regex(
    running(six),
    /Single machine: 1\.5\d\d s\. This is as expected from 5 earlier runs \(1\.\d+ – 1\.\d+ s\)\. A change below ± [\d.]+ % cannot be detected\./,
  );
  const slow = six.map((each, i) => (i === 5 ? { ...each, metrics: { ...each.metrics, tSingle: 3 } } : each));
  t.regex(
    running(slow),
    /Single machine: 3\.000 s\. This is higher than expected from 5 earlier runs \(.*\), by more than noise\./,
  );
});

test("a doubtful run is marked", (t) => {
  t.regex(text(runs(1, { doubts: ["rounds scatter"] })), /^! 2025-11-24 16:00 /m);
});

test("of very many runs only the latest are listed, with the place of the others", (t) => {
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
  t.regex(found, /From an earlier version, which used medians\. It is not compared with other runs\./);
  t.notRegex(found, /Noise and change|expected from/);
});

test("common facts of runs are shown under their settings: processor, kernel, Python, program, single machine", (t) => {
  t.regex(
    running(runs(1)),
    /Raspberry Pi 4 Model B Rev 1\.4, kernel 6\.1, Python 3\.9\.25, pi\.py 01234567; single machine: Raspberry Pi 4 Model B Rev 1\.4, 6\.1, 2 cores/,
  );
});

test("a doubtful latest run says so before what differs", (t) => {
  const six = runs(6).map((each, i) => (i === 5 ? { ...each, doubts: ["something"] } : each));
  t.regex(running(six), /The latest run is doubtful\. .* Throughput speed-up/);
});

const studied = (entries: readonly AnyEntry[]) => running(entries).slice(running(entries).indexOf("Scaling study"));

test("studies are listed under their settings, each with its law, its throughput and the bound of the cores", (t) => {
  const found = text([studiedEntry(1, { law: exampleLaw("Gustafson", 0.05) }), studiedEntry(2)]);
  t.regex(found, /^Scaling study \(weak\) with 1, 2, 3, 4 workers, the same work for each: 6 × 1,000,000 samples,$/m);
  t.regex(found, /^ +when +stack +each +law +s or α +95 % +most +95 % +cores$/m);
  t.regex(
    found,
    /^ {2}\d{4}-\d\d-\d\d \d\d:\d\d +dev +3 × +Gustafson +0\.0500 +0\.0400 – 0\.0600 +[34]\.\d\d +3\.\d\d – 4\.\d\d +4\.00$/m,
  );
  t.regex(found, /^ {2}\d{4}-\d\d-\d\d \d\d:\d\d +dev +3 × +none +– +– /m);
});

test("a first study says that there is none to compare it with, and why it has no law", (t) => {
  t.regex(
    studied([studiedEntry(1, { reason: "The cores are the limit." })]),
    /No law is fitted to the latest study\. The cores are the limit\. There is no earlier study with the same settings to compare with\.$/,
  );
});

test("two studies without a law are compared by their throughput, with its interval, and by the bound of the cores", (t) => {
  const two = (p: number) => Math.min(p, 2);
  t.regex(
    studied([studiedEntry(1, { bound: two }), studiedEntry(2, { bound: two })]),
    /This study is compared with the study of 20\d\d-\d\d-\d\d \d\d:\d\d \(3 blocks\), which has the same settings\. All intervals together hold with 95 %\. 4 workers do [34]\.\d\d times the work of one\. Before, it was [34]\.\d\d\. No change was detected\. The ratio is 1\.00 \(0\.\d\d – 1\.\d\d\)\. The cores allow 4 workers the work of 2\.00, as before\. Neither study has a law to compare\.$/,
  );
  t.regex(
    studied([studiedEntry(1, { bound: two }), studiedEntry(2)]),
    /The cores allow 4 workers the work of 4\.00\. Before, it was 2\.00\. The computers have other cores, or other limits\./,
  );
});

test("two studies with a law are compared by its coefficient, with an interval", (t) => {
  const of = (at: number, s: number) => studiedEntry(at, { law: exampleLaw("Gustafson", s) });
  t.regex(
    studied([of(1, 0.05), of(2, 0.055)]),
    /The serial fraction s is 0\.0550\. Before, it was 0\.0500\. No change was detected\. The difference is 0\.0050 \(-0\.01\d\d – 0\.02\d\d\)\./,
  );
  t.regex(
    studied([of(1, 0.05), of(2, 0.2)]),
    /It is higher by more than noise\. The difference is 0\.1500 \(0\.1\d+ – 0\.1\d+\)\./,
  );
  t.regex(
    studied([of(1, 0.05), studiedEntry(2)]),
    /The law cannot be compared, because no law is fitted to this study\./,
  );
});

test("a study of one worker, or without one, is told without a throughput", (t) => {
  for (const counts of [[1], [2, 3]]) {
    const found = studied([studiedEntry(1, { counts }), studiedEntry(2, { counts })]);
    t.notRegex(found, /times the work of one|NaN|undefined|null/);
    t.regex(found, /is compared with/);
  }
});

test("a study with doubtful points is marked, and says so before what differs", (t) => {
  const doubtful = studiedEntry(2, {}, {}, (scaling) => ({
    ...scaling,
    points: scaling.points.map((point, i) => ({ ...point, doubts: i === 3 ? ["workers waited"] : [] })),
  }));
  const found = [studiedEntry(1), doubtful];
  t.regex(text(found), /^! 20\d\d-\d\d-\d\d \d\d:\d\d +dev +3 × /m);
  t.regex(
    studied(found),
    /1 of this study's points is doubtful\. The disturbance may be the only difference\. 4 workers do /,
  );
});

test("a run with two studies is counted once, and both studies are listed", (t) => {
  const first = studiedEntry(1);
  const found = text([first, { ...first, study: studiedEntry(2).study }]);
  t.regex(found, /^1 run with 1 kind of settings/);
  t.is(found.match(/^ {2}20\d\d.* none /gm)?.length, 2);
});

test("no line of a study is wider than 100 columns", (t) => {
  const counts = Array.from({ length: 1000 }, (_, i) => i + 1);
  const law = { ...exampleLaw("Amdahl", -12345.678), interval: [-123456.7, 123456.7] as [number, number] };
  const entries = [1, 2].map((at) => ({
    ...studiedEntry(at, { counts, law, reason: "x ".repeat(300) }),
    stack: "中文".repeat(30),
  }));
  for (const line of text(entries).split("\n")) t.true(stringWidth(line) <= 100, line);
});
