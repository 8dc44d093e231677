// docs/faults.md itself: that it can be read, and that each of its rows is tried where it says.
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { readFaults } from "./helpers/faults.ts";

const document = readFileSync("docs/faults.md", "utf8");
const faults = readFaults();

test("every row of every table is one that the tests can read", (t) => {
  const rows = document.split("\n").filter((line) => line.startsWith("| `"));
  t.is(faults.length, rows.length);
  t.true(faults.length >= 25, `${faults.length} faults`);
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
