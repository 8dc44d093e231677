// docs/faults.md itself: it can be read, and the named test tries each section.
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { faultIds } from "../analysis/fault-ids.js";
import { document, readFaults, sectionsOf } from "./helpers/faults.ts";

const faults = readFaults();

test("every section is one that the tests can read", (t) => {
  const headings = sectionsOf(document()).map((text) => text.split("\n")[0]);
  t.deepEqual(
    faults.map(({ id }) => `### \`${id}\``),
    headings,
  );
  t.true(faults.length >= 25, `${faults.length} faults`);
});

test("no line is wider than a reader's editor", (t) => {
  t.deepEqual(
    document()
      .split("\n")
      .filter((line) => line.length > 120),
    [],
  );
});

test("the ids that the program can print are those of the sections, in their order", (t) => {
  t.deepEqual(
    faults.filter(({ ofPulumi }) => !ofPulumi).map(({ id }) => id),
    [...faultIds],
  );
});

test("no two faults have one name", (t) => {
  t.is(new Set(faults.map(({ id }) => id)).size, faults.length);
});

test("every fault is tried by the test file that it names", (t) => {
  const untried = faults.filter(
    ({ id, triedBy }) => !existsSync(triedBy) || !readFileSync(triedBy, "utf8").includes(`"${id}"`),
  );
  t.deepEqual(
    untried.map(({ id, triedBy }) => `${triedBy} does not try "${id}"`),
    [],
  );
});

test("every message has words by which it is known", (t) => {
  for (const { id, message } of faults) t.true(message.replaceAll("…", "").trim().length > 20, id);
});
