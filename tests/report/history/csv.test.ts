import test from "ava";
import { csvOf } from "../../../report/history/csv.ts";
import { entry, formerEntry } from "../../helpers/example-history.ts";

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

test("runs of a former version say that they took medians, and leave empty what they do not tell", (t) => {
  const [heads = [], former = [], now = []] = csvOf([formerEntry(1), entry(2, 1.52, 3.8, { host: "laptop" })])
    .split("\r\n")
    .map((line) => line.split(","));
  const at = (name: string) => heads.indexOf(name);
  t.is(former[at("statistic")], "medians");
  t.is(now[at("statistic")], "means");
  t.is(former[at("program")], "");
  t.is(now[at("program")], "0123456789abcdef");
});
