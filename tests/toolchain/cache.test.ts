import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import test from "ava";
import { cached, cachedTogether, cacheFolder } from "../../toolchain/cache.ts";
import { sumsFileOf } from "../../toolchain/sums.ts";
import { assertFault } from "../helpers/faults.ts";

process.env.PI_SPEEDUP_CACHE = mkdtempSync(join(tmpdir(), "pi-speedup-cache-"));

const make = (text: string) => (folder: string) => writeFile(join(folder, "made"), text);
const madeIn = (folder: string) => readFile(join(folder, "made"), "utf8");

test("an existing entry is not created again", async (t) => {
  const first = await cached("once", ["1"], make("first"));
  t.is(await cached("once", ["1"], make("second")), first);
  t.is(await madeIn(first), "first");
});

test("another recipe is another entry", async (t) => {
  const first = await cached("recipe", ["1"], make("first"));
  const second = await cached("recipe", ["2"], make("second"));
  t.not(first, second);
  t.deepEqual([await madeIn(first), await madeIn(second)], ["first", "second"]);
});

test("a failed entry does not exist, and the next attempt starts cleanly", async (t) => {
  const failing = cached("half", ["1"], async (folder) => {
    await make("half")(folder);
    throw new Error("interrupted");
  });
  await t.throwsAsync(failing, { message: "interrupted" });
  const folder = await cached("half", ["1"], async (target) => {
    t.deepEqual(await readdir(target), []);
    await make("whole")(target);
  });
  t.is(await madeIn(folder), "whole");
});

test("two processes that need the same entry create it once", async (t) => {
  let made = 0;
  const slowly = async (folder: string) => {
    made += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await make("x")(folder);
  };
  const folders = await Promise.all([cached("twice", ["1"], slowly), cached("twice", ["1"], slowly)]);
  t.is(made, 1);
  t.is(folders[0], folders[1]);
});

test("a lock and half an entry of a killed process are removed", async (t) => {
  const probe = await cached("killed", ["1"], make("x"));
  const other = probe.replace("killed", "dead");
  await mkdir(`${other}.unfinished`);
  await writeFile(join(`${other}.unfinished`, "rest"), "");
  const lock = join(cacheFolder(), "locks", basename(other));
  writeFileSync(lock, "");
  const folder = await cached("dead", ["1"], make("whole"));
  t.deepEqual(await readdir(folder), ["made"]);
  t.false(existsSync(lock));
});

test("several entries are made at once, and only those that are missing", async (t) => {
  const there = await cached("together-a", ["1"], make("first"));
  const entries = ["together-a", "together-b", "together-c"].map((name) => ({ name, recipe: ["1"] }));
  const places = await cachedTogether(entries, async (folders) => {
    t.deepEqual(
      folders.map((folder) => folder !== undefined),
      [false, true, true],
    );
    for (const folder of folders) if (folder !== undefined) await make("second")(folder);
  });
  t.is(places[0], there);
  t.deepEqual(await Promise.all(places.map(madeIn)), ["first", "second", "second"]);
});

test("two processes that need the same entries in another order do not deadlock", async (t) => {
  const entry = (name: string) => ({ name, recipe: ["crossed"] });
  let made = 0;
  const slowly = async (folders: readonly (string | undefined)[]) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const folder of folders) {
      if (folder === undefined) continue;
      made++;
      await make("x")(folder);
    }
  };
  await Promise.all([
    cachedTogether([entry("p"), entry("q")], slowly),
    cachedTogether([entry("q"), entry("p")], slowly),
  ]);
  t.is(made, 2);
});

test("the cache folder is the user's to choose", (t) => {
  t.is(process.env.PI_SPEEDUP_CACHE, cacheFolder());
});

for (const [what, mode] of [
  ["the group", 0o770],
  ["everybody", 0o707],
] as const) {
  test.serial(`files that ${what} may write are not run`, async (t) => {
    const folder = await cached(`writable-${mode}`, ["1"], make("first"));
    await chmod(folder, mode);
    const error = await t.throwsAsync(cached(`writable-${mode}`, ["1"], make("second")));
    assertFault(t, "folder-unsafe", error?.message ?? "");
  });
}

(process.getuid?.() === 0 ? test.serial : test.skip)("what belongs to another user is not run", async (t) => {
  const folder = await cached("foreign", ["1"], make("first"));
  await chown(folder, 65534, 65534);
  const error = await t.throwsAsync(cached("foreign", ["1"], make("second")));
  assertFault(t, "folder-unsafe", error?.message ?? "");
  t.regex(error?.message ?? "", /belongs to user 65534/);
});

test.serial("an entry of a former version, which others may read, is closed", async (t) => {
  const folder = await cached("readable", ["1"], make("first"));
  await chmod(folder, 0o755);
  await cached("readable", ["1"], make("second"));
  t.is((await stat(folder)).mode & 0o777, 0o700);
});

test.serial("a cache folder that anybody may write is refused before anything is put into it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-cache-"));
  await writeFile(join(folder, "planted"), "");
  await chmod(folder, 0o777);
  const former = process.env.PI_SPEEDUP_CACHE;
  process.env.PI_SPEEDUP_CACHE = folder;
  t.teardown(() => Object.assign(process.env, { PI_SPEEDUP_CACHE: former }));
  const { message } = await t.throwsAsync(cached("x", ["1"], make("first")));
  assertFault(t, "folder-unsafe", message);
  t.deepEqual(await readdir(folder), ["planted"]);
});

const damages: [what: string, damage: (folder: string) => Promise<unknown>][] = [
  ["another content", (folder) => writeFile(join(folder, "made"), "other")],
  ["no content, as a power cut leaves it", (folder) => truncate(join(folder, "made"))],
  ["a file gone", (folder) => rm(join(folder, "made"))],
  ["a file too many", (folder) => writeFile(join(folder, "planted"), "")],
  [
    "a file too many in a folder",
    (folder) => mkdir(join(folder, "x")).then(() => writeFile(join(folder, "x", "y"), "")),
  ],
  [
    "a link in place of a file",
    (folder) => rm(join(folder, "made")).then(() => symlink("/etc/passwd", join(folder, "made"))),
  ],
];
for (const [i, [what, damage]] of damages.entries()) {
  test(`an entry with ${what} is made again`, async (t) => {
    const name = `damaged-${i}`;
    await damage(await cached(name, ["1"], make("first")));
    const folder = await cached(name, ["1"], make("second"));
    t.deepEqual(await readdir(folder), ["made"]);
    t.is(await madeIn(folder), "second");
    t.false((await readdir(cacheFolder())).some((each) => each.startsWith(`${basename(folder)}.unfinished`)));
  });
}

test("an entry with the same content and other times, as a copy has, is kept", async (t) => {
  const folder = await cached("copied", ["1"], make("first"));
  await utimes(join(folder, "made"), 1, 1);
  await cached("copied", ["1"], make("second"));
  t.is(await madeIn(folder), "first");
});

test("changed content with its old times and length is detected", async (t) => {
  const folder = await cached("disguised", ["1"], make("first"));
  const { atime, mtime } = await stat(join(folder, "made"));
  const handle = await open(join(folder, "made"), "r+");
  await handle.write("other", 0);
  await handle.close();
  await utimes(join(folder, "made"), atime, mtime);
  await cached("disguised", ["1"], make("again"));
  t.is(await madeIn(folder), "again");
});

test("an entry without a record, or with a damaged one, is recorded as it is", async (t) => {
  for (const note of [undefined, "", "{", '{"made":{"sum":"x","stat":""}}']) {
    const folder = await cached("noted", ["1"], make("first"));
    const sums = sumsFileOf(folder);
    await (note === undefined ? rm(sums) : writeFile(sums, note));
    await cached("noted", ["1"], make("second"));
    t.is(await madeIn(folder), "first");
    t.true(Object.keys(JSON.parse(await readFile(sums, "utf8"))).includes("made"));
  }
});

test("three that find one entry damaged make it once", async (t) => {
  const folder = await cached("damaged-twice", ["1"], make("first"));
  await damages[0]?.[1](folder);
  let made = 0;
  const slowly = async (folder: string) => {
    made += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await make("second")(folder);
  };
  await Promise.all([1, 2, 3].map(() => cached("damaged-twice", ["1"], slowly)));
  t.is(made, 1);
  t.is(await madeIn(folder), "second");
});
