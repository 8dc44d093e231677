import test from "ava";
import { csvOf } from "../../../report/history/csv.ts";
import { entry, formerEntry, studiedEntry } from "../../helpers/example-history.ts";
import { exampleLaw } from "../../helpers/example-scaling.ts";

test("CSV has a head and a line for each run, cells with commas and quotes quoted, unknown figures empty", (t) => {
  const odd = { ...entry(1), stack: 'a,"b"\nc', metrics: { ...entry(1).metrics, tSingleCI95: null, overhead: null } };
  const lines = csvOf([odd]).split("\r\n");
  t.regex(lines[0] ?? "", /^id,when,stack,workers,image,.*,tSingle,tSingleLow,tSingleHigh,.*,doubts$/);
  t.regex(lines[1] ?? "", /,"a,""b""\nc",3,python:3\.9-slim,1000000,6,1,docker,/);
  t.regex(lines[1] ?? "", /,1\.5\d*,,,/);
  t.is(lines.length, 3);
});

for (const start of ["=", "+", "-", "@", "\t=", "\uff1d"]) {
  test(`a machine that calls itself ${JSON.stringify(`${start}cmd()`)} is text for a spreadsheet, and numbers stay numbers`, (t) => {
    const csv = csvOf([entry(1, 1.52, 3.8, { cpu: `${start}cmd|'/c calc'!A1` })]);
    t.notRegex(csv, /(^|,|\n)"?\s*[=+\-@\uff1d]\D/);
    t.true(csv.includes("'"), csv);
  });
}

test("runs of an earlier version say that they used medians, and leave unknown cells empty", (t) => {
  const [heads = [], former = [], now = []] = csvOf([formerEntry(1), entry(2, 1.52, 3.8, { host: "laptop" })])
    .split("\r\n")
    .map((line) => line.split(","));
  const at = (name: string) => heads.indexOf(name);
  t.is(former[at("statistic")], "medians");
  t.is(now[at("statistic")], "means");
  t.is(former[at("program")], "");
  t.is(now[at("program")], "0123456789abcdef");
});

/** Cells by their heads. */
function rowsOf(entries: Parameters<typeof csvOf>[0]): Record<string, string>[] {
  const [heads = [], ...rows] = csvOf(entries)
    .trim()
    .split("\r\n")
    .map((line) =>
      [...line.matchAll(/(?<=^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? "",
      ),
    );
  return rows.map((cells) => Object.fromEntries(heads.map((head, i) => [head, cells[i] ?? ""])));
}

test("a study is in the line of its run, with what it is compared with and how it differs", (t) => {
  const law = exampleLaw("Gustafson", 0.05);
  const [first, second] = rowsOf([studiedEntry(1, { law }), studiedEntry(2, { law })]);
  t.like(first, {
    studyKind: "weak",
    studyCounts: "1 2 3 4",
    studyBlocks: "3",
    studyLaw: "Gustafson",
    studyCoefficient: "0.05",
  });
  t.like(first, {
    studyAgainst: "",
    sChange: "",
    studyNotCompared: "There is no earlier study with the same settings to compare with.",
  });
  t.is(second?.studyAgainst, first?.study);
  t.is(second?.sChange, "0");
  t.true(Number(second?.sChangeLow) < 0 && Number(second?.sChangeHigh) > 0);
  t.true(Number(second?.throughputChange) > 0.9 && Number(second?.throughputChange) < 1.1);
  t.is(second?.studyNotCompared, "");
});

test("a run without a study leaves its cells empty, and the others where they are", (t) => {
  const [plain, former] = rowsOf([entry(1), formerEntry(2)]);
  for (const row of [plain, former]) {
    t.deepEqual(
      Object.entries(row ?? {}).filter(([head, cell]) => /^study|Change/.test(head) && cell !== ""),
      [],
    );
  }
  t.is(plain?.statistic, "means");
  t.is(former?.statistic, "medians");
});
