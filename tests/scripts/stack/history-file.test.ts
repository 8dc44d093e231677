import { appendFileSync, chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { entryOf, isFormer } from "../../../report/history/entries.ts";
import { addToHistory, earlierRuns, readHistory } from "../../../scripts/stack/history-file.ts";
import { studiedEntry } from "../../helpers/example-history.ts";
import { example } from "../../helpers/example-measurement.ts";
import { assertFault } from "../../helpers/faults.ts";

const newFile = () => join(mkdtempSync(join(tmpdir(), "pi-speedup-history-")), "folder", "history.jsonl");
const run = (at: number) => entryOf(example({ started: 1_764_000_000 + at }), "dev", {});

test("without a file there are no runs", async (t) => {
  t.deepEqual(await readHistory(newFile()), { entries: [], faults: [] });
});

test("runs are added one after another, in a folder that is made for them", async (t) => {
  const file = newFile();
  for (const at of [1, 2, 3]) await addToHistory(file, run(at));
  t.deepEqual((await readHistory(file)).entries, [run(1), run(2), run(3)]);
});

test("an existing run is not added again, and nothing else changes", async (t) => {
  const file = newFile();
  await addToHistory(file, run(1));
  const before = readFileSync(file, "utf8");
  await addToHistory(file, run(1));
  t.is(readFileSync(file, "utf8"), before);
});

test("runs added at once don't mix", async (t) => {
  const file = newFile();
  await Promise.all(Array.from({ length: 20 }, (_, at) => addToHistory(file, run(at))));
  const { entries, faults } = await readHistory(file);
  t.is(entries.length, 20);
  t.deepEqual(faults, []);
});

test("half a line of a killed run stays, and does not spoil later lines", async (t) => {
  const file = newFile();
  await addToHistory(file, run(1));
  appendFileSync(file, '{"record":"pi-spe');
  await addToHistory(file, run(2));
  const { entries, faults } = await readHistory(file);
  t.deepEqual(entries, [run(1), run(2)]);
  t.is(faults[0]?.line, 2);
  t.true(readFileSync(file, "utf8").includes('{"record":"pi-spe\n'));
});

test("a file that can't be written is reported, with how to add the run later", async (t) => {
  const file = newFile();
  // A file where the folder should be.
  writeFileSync(join(file, "..", "..", "folder"), "");
  chmodSync(join(file, "..", "..", "folder"), 0o400);
  const found = await t.throwsAsync(() => addToHistory(file, run(1)));
  assertFault(t, "history-unwritable", found?.message ?? "");
  t.regex(found?.message ?? "", /could not be added to .*history\.jsonl .*run `npm run history`/);
});

test("the file of earlier runs is for the user alone", async (t) => {
  const file = newFile();
  await addToHistory(file, run(1));
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(statSync(join(file, "..")).mode & 0o777, 0o700);
});

test("unreadable earlier runs do not stop the report, and are reported with what to do", async (t) => {
  const told: string[] = [];
  const file = newFile();
  await addToHistory(file, run(1));
  t.is((await earlierRuns(file, (message) => told.push(message)))?.length, 1);
  t.deepEqual(told, []);
  // A folder where the file should be.
  t.is(await earlierRuns(join(file, ".."), (message) => told.push(message)), null);
  assertFault(t, "history-unreadable", told.join());
});

test("a run is added once more when its study has been measured since, and not when it is the same", async (t) => {
  const file = newFile();
  const [first, again] = [studiedEntry(1), studiedEntry(2)];
  await addToHistory(file, { ...first, study: null });
  await addToHistory(file, first);
  await addToHistory(file, first);
  await addToHistory(file, { ...first, study: again.study });
  await addToHistory(file, { ...first, study: null });
  t.is(readFileSync(file, "utf8").trim().split("\n").length, 3);
  t.deepEqual(
    (await readHistory(file)).entries.map((entry) => (isFormer(entry) ? null : entry.study)),
    [first.study, again.study],
  );
});
