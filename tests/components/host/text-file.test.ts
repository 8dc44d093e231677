import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { createWhole, readBounded, readIfExists, writeWhole } from "../../../components/host/text-file.ts";
import { assertFault } from "../../helpers/faults.ts";

const folder = () => mkdtempSync(join(tmpdir(), "pi-speedup-text-"));

test("a file that is not there is empty", async (t) => {
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

test("a file that can't be put in place leaves the former one and no draft", async (t) => {
  const place = folder();
  writeFileSync(join(place, "a"), "former");
  await t.throwsAsync(writeWhole(join(place, "a", "file"), "text"), { code: "ENOTDIR" });
  t.deepEqual(readdirSync(place), ["a"]);
  t.is(readFileSync(join(place, "a"), "utf8"), "former");
});

test("of several that create one file at once, one wins and its content is whole", async (t) => {
  const file = join(folder(), "file");
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(1000));
  const won = await Promise.all(texts.map((text) => createWhole(file, text)));
  t.is(won.filter(Boolean).length, 1);
  t.is(readFileSync(file, "utf8"), texts[won.indexOf(true)] ?? "");
});

test("a file that is there is not created again", async (t) => {
  const file = join(folder(), "file");
  writeFileSync(file, "former");
  t.false(await createWhole(file, "text"));
  t.is(readFileSync(file, "utf8"), "former");
});
