// docs/faults.md itself: that it can be read, and that each of its sections is tried where it says.
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
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

test("no two faults have one name", (t) => {
  t.is(new Set(faults.map(({ id }) => id)).size, faults.length);
});

test("every fault is tried by the test file that it names", (t) => {
  for (const { id, triedBy } of faults) {
    t.true(existsSync(triedBy), `${id}: there is no ${triedBy}`);
    t.regex(readFileSync(triedBy, "utf8"), new RegExp(`"${id}"`), `${triedBy} does not try "${id}"`);
  }
});

test("every message has words by which it is known", (t) => {
  for (const { id, message } of faults) t.true(message.replaceAll("…", "").trim().length > 20, id);
});
