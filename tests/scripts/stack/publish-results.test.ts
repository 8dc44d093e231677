import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { writeReport } from "../../../scripts/stack/publish-results.ts";
import { example } from "../../helpers/example-measurement.ts";
import { assertFault } from "../../helpers/faults.ts";

test("a report that can't be written is told with the cause, and with one id", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "file");
  writeFileSync(file, "");
  const { message } = await t.throwsAsync(
    writeReport({ name: "dev" }, example({ workers: [1] }), {}, { folder: file }),
  );
  assertFault(t, "report-unwritable", message);
  t.regex(message, /is a link or a file/);
  t.notRegex(message, /\[folder-unsafe\]/);
});

test("a page is written again only if it would be another one, or if it is asked for", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const measurement = example({ workers: [1] });
  const write = (tools: Record<string, string>, again = false) =>
    writeReport({ name: "dev" }, measurement, tools, { folder, again });
  const file = await write({ k3d: "5.8.3" });
  const page = readFileSync(file, "utf8");
  // Each writing puts a new file in its place.
  const written = () => statSync(file).ino;

  let before = written();
  await write({ k3d: "5.8.3" });
  t.is(written(), before);

  await write({ k3d: "5.8.4" });
  t.not(written(), before);
  t.true(readFileSync(file, "utf8").includes("5.8.4"));

  before = written();
  await write({ k3d: "5.8.4" }, true);
  t.not(written(), before);

  writeFileSync(file, page.slice(0, page.length / 2));
  await write({ k3d: "5.8.3" });
  t.is(readFileSync(file, "utf8"), page);
});

test("a page made by other code is written again", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const code = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(code, { recursive: true }));
  mkdirSync(join(code, "html"));
  const write = () =>
    writeReport({ name: "dev" }, example({ workers: [1] }), {}, { folder, again: false, madeBy: [code] });
  writeFileSync(join(code, "html", "page.ts"), "1");
  const before = statSync(await write()).ino;
  t.is(statSync(await write()).ino, before);
  writeFileSync(join(code, "html", "page.ts"), "2");
  t.not(statSync(await write()).ino, before);
});
