import test from "ava";
import type { Scaling } from "../../../analysis/scaling/study-records.ts";
import {
  distinctRuns,
  type Entry,
  entryOf,
  isFormer,
  isKept,
  lineOf,
  parseHistory,
} from "../../../report/history/entries.ts";
import { againstFormer, studyGroups } from "../../../report/history/study-groups.ts";
import { formerEntry, studiedEntry } from "../../helpers/example-history.ts";
import { example } from "../../helpers/example-measurement.ts";
import { exampleScaling } from "../../helpers/example-scaling.ts";

const lengths = (entries: readonly Entry[]) => studyGroups(entries).map((group) => group.length);
function latestOf(entries: readonly Entry[]) {
  const group = studyGroups(entries).at(-1) ?? [];
  const latest = group.at(-1);
  if (latest === undefined) throw new Error("there is no study");
  return { latest, against: againstFormer(group, latest) };
}

test("a run without a study has none, and lines of former versions have none", (t) => {
  t.is(entryOf(example(), "dev", {}).study, null);
  const { study: _, ...old } = studiedEntry(1);
  const { entries, faults } = parseHistory(`${JSON.stringify(old)}\n${lineOf(formerEntry(2))}`);
  t.deepEqual(faults, []);
  t.is(entries.length, 2);
  t.deepEqual(studyGroups(entries), []);
});

test("a line with an unreadable study is reported with the reason", (t) => {
  const line = lineOf(studiedEntry(1)).replace('"doubtful":0', '"doubtful":-1');
  t.regex(parseHistory(line).faults[0]?.why ?? "", /"study\.doubtful"/);
});

test("studies are grouped by settings: kind, counts, nodes, and what each worker does", (t) => {
  t.deepEqual(lengths([studiedEntry(1), studiedEntry(2)]), [2]);
  const others: Entry[] = [
    studiedEntry(2, { kind: "strong" }),
    studiedEntry(3, { counts: [1, 2, 3] }),
    studiedEntry(4, {}, { samples: 5 }),
    {
      ...studiedEntry(5),
      study: { ...(studiedEntry(5).study ?? t.fail("no study")), nodes: "other" } as Entry["study"],
    },
  ];
  for (const other of others) t.deepEqual(lengths([studiedEntry(1), other]), [1, 1]);
});

test("another single machine is no other study", (t) => {
  t.deepEqual(lengths([studiedEntry(1), studiedEntry(2, {}, { baseline: "host", host: "another" })]), [2]);
});

test("the number of blocks only makes intervals narrower: it is no setting", (t) => {
  t.deepEqual(lengths([studiedEntry(1), studiedEntry(2, { blocks: 5 })]), [2]);
});

test("a study is compared with the last one before it", (t) => {
  const { against } = latestOf([studiedEntry(1), studiedEntry(2), studiedEntry(3)]);
  t.is(against.former?.study.id, studiedEntry(2).study?.id);
});

test("a first study has nothing to compare with, and says so", (t) => {
  const { against } = latestOf([studiedEntry(1)]);
  t.deepEqual(against, { former: null, why: "There is no earlier study with the same settings to compare with." });
});

test("a study with added blocks is not compared with its earlier state", (t) => {
  const grown = studiedEntry(2, { blocks: 5 });
  const former = studiedEntry(2);
  t.is(latestOf([former, grown]).against.former, null);
  t.is(latestOf([studiedEntry(1), former, grown]).against.former?.study.id, studiedEntry(1).study?.id);
});

test("a study with doubtful points is not used for comparison", (t) => {
  const doubt = (scaling: Scaling): Scaling => ({
    ...scaling,
    points: scaling.points.map((point, i) => ({ ...point, doubts: i === 0 ? ["workers waited"] : [] })),
  });
  const doubtful = studiedEntry(2, {}, {}, doubt);
  t.is(latestOf([studiedEntry(1), doubtful, studiedEntry(3)]).against.former?.study.id, studiedEntry(1).study?.id);
  const { against } = latestOf([doubtful, studiedEntry(3)]);
  t.is(against.former, null);
  t.regex(against.former === null ? against.why : "", /has doubtful points/);
});

test("a study that is measured again without its run is kept beside the former one, and the run counts once", (t) => {
  const first = studiedEntry(1);
  const again = { ...first, study: studiedEntry(2).study };
  const none = { ...first, study: null };
  t.false(isKept([first], again));
  t.true(isKept([first], first));
  // Taken out of the configuration, the study is no news.
  t.true(isKept([first], none));
  t.false(isKept([none], first));
  const { entries } = parseHistory([none, first, again, again].map(lineOf).join(""));
  t.deepEqual(
    entries.map((entry) => (isFormer(entry) ? null : entry.study?.id)),
    [first.study?.id, again.study?.id],
  );
  t.is(distinctRuns(entries).length, 1);
  t.deepEqual(
    studyGroups(entries).map((group) => group.length),
    [2],
  );
});

test("one study under two runs, of which the second has a new single machine, is one study", (t) => {
  const first = studiedEntry(1);
  t.deepEqual(lengths([first, { ...first, id: "another" }]), [1]);
});

test("the results of a study are in the history", (t) => {
  const entry = entryOf({ ...example(), scaling: exampleScaling() }, "dev", {});
  t.is(entry.study?.counts.length, 4);
});
