import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { runTool } from "../../../components/host/run-tool.ts";
import { createWhole, isDraft, readBounded, readIfExists, writeWhole } from "../../../components/host/text-file.ts";
import { assertFault } from "../../helpers/faults.ts";

const folder = () => mkdtempSync(join(tmpdir(), "pi-speedup-text-"));

test("a missing file reads as empty", async (t) => {
  t.is(await readIfExists(join(folder(), "none")), "");
});

test("a file is read up to a limit, and so is what never ends (file-too-large)", async (t) => {
  const file = join(folder(), "file");
  writeFileSync(file, "π".repeat(500));
  t.is(await readBounded(file, 1_000), "π".repeat(500));
  for (const [place, most] of [
    [file, 999],
    ["/dev/zero", 2 ** 20],
  ] as const) {
    const { message } = await t.throwsAsync(readBounded(place, most));
    assertFault(t, "file-too-large", message);
  }
});

test("a file is written for the user alone, and nothing else is left", async (t) => {
  const place = folder();
  await writeWhole(join(place, "file"), "text");
  t.is(readFileSync(join(place, "file"), "utf8"), "text");
  t.is(statSync(join(place, "file")).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(place), ["file"]);
});

test("if a file can't be moved into place, the previous one stays and no draft is left", async (t) => {
  const place = folder();
  writeFileSync(join(place, "a"), "former");
  await t.throwsAsync(writeWhole(join(place, "a", "file"), "text"), { code: "ENOTDIR" });
  t.deepEqual(readdirSync(place), ["a"]);
  t.is(readFileSync(join(place, "a"), "utf8"), "former");
});

test("of several processes that create one file at once, one wins and its content is complete", async (t) => {
  const file = join(folder(), "file");
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(1000));
  const won = await Promise.all(texts.map((text) => createWhole(file, text)));
  t.is(won.filter(Boolean).length, 1);
  t.is(readFileSync(file, "utf8"), texts[won.indexOf(true)] ?? "");
});

test("an existing file is not created again", async (t) => {
  const file = join(folder(), "file");
  writeFileSync(file, "former");
  t.false(await createWhole(file, "text"));
  t.is(readFileSync(file, "utf8"), "former");
});

test("a file of the checkout gets the mode that git gives it", async (t) => {
  const file = join(folder(), "file");
  await writeWhole(file, "text", 0o644);
  t.is(statSync(file).mode & 0o777, 0o644 & ~process.umask());
});

test("on a full disk the previous file stays and no draft is left", async (t) => {
  const place = folder();
  await writeWhole(join(place, "file"), "former");
  const code = `const { writeWhole } = await import("./components/host/text-file.ts");
    await writeWhole(${JSON.stringify(join(place, "file"))}, "x".repeat(100_000)).catch((error) => console.log(error.code));`;
  const shell = ["-c", 'ulimit -f 0; exec "$0" --input-type=module --eval "$1"', process.execPath, code];
  const { stdout } = await runTool("sh", shell, { seconds: 120 });
  t.is(stdout.trim(), "EFBIG");
  t.is(readFileSync(join(place, "file"), "utf8"), "former");
  t.deepEqual(readdirSync(place), ["file"]);
});

test("a draft of a file is known by its name, and other files are not", (t) => {
  t.true(isDraft("a.sums.0b9e2c5e-3c59-4c7e-8a52-5f6d7a0b1c2d.part", "/x/a.sums"));
  t.false(isDraft("a.sums", "/x/a.sums"));
  t.false(isDraft("a.sums.part", "/x/a.sums"));
  t.false(isDraft("b.sums.0b9e2c5e-3c59-4c7e-8a52-5f6d7a0b1c2d.part", "/x/a.sums"));
});
