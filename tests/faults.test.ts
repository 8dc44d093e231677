// docs/faults.md itself: that it can be read, and that each of its sections is tried where it says.
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { faultIds } from "../analysis/fault-ids.js";
import { document, readFaults, sectionsOf } from "./helpers/faults.ts";

const faults = readFaults();

test("every section is one that the tests can read", (t) => {
  const headings = sectionsOf(document()).map((text) => text.split("\n")[0] ?? "");
  const legible = new Set(faults.map(({ id }) => `### \`${id}\``));
  t.deepEqual(
    headings.filter((heading) => !legible.has(heading)),
    [],
    "a section has, with empty lines between: ### `id`, when it happens, > the message, advice if any, Tried by `FILE`.",
  );
  t.is(faults.length, headings.length);
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
  const sections = faults.filter(({ ofPulumi }) => !ofPulumi).map(({ id }) => id);
  const [described, known] = [new Set(sections), new Set<string>(faultIds)];
  t.deepEqual(
    faultIds.filter((id) => !described.has(id)),
    [],
    "docs/faults.md has no section of that id that can be read",
  );
  t.deepEqual(
    sections.filter((id) => !known.has(id)),
    [],
    "analysis/fault-ids.js has no such id",
  );
  t.deepEqual(sections, [...faultIds], "analysis/fault-ids.js has another order than docs/faults.md");
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
