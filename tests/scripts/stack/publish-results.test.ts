import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
  const { message } = await t.throwsAsync(writeReport({ name: "dev" }, example({ workers: [1] }), {}, file));
  assertFault(t, "report-unwritable", message);
  t.regex(message, /is a link or a file/);
  t.notRegex(message, /\[folder-unsafe\]/);
});
