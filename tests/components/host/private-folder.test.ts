import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Failure } from "../../../analysis/failure.js";
import {
  makePrivateFolder,
  makeTrustedFolder,
  refuseForeign,
  refuseWritable,
} from "../../../components/host/private-folder.js";
import { assertFault } from "../../helpers/faults.ts";

const modeOf = (path: string) => statSync(path).mode & 0o7777;
const asRoot = process.getuid?.() === 0 ? test : test.skip;

/** A folder whose content and mode the test chooses, in one of its own. */
function place(t: ExecutionContext, mode?: number, content: string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const made = join(folder, "x");
  if (mode === undefined) return made;
  mkdirSync(made);
  for (const name of content) writeFileSync(join(made, name), "");
  chmodSync(made, mode);
  return made;
}

test("a folder and its missing parents are created for the user alone", async (t) => {
  const folder = place(t);
  await makePrivateFolder(join(folder, "y", "z"));
  t.deepEqual([folder, join(folder, "y"), join(folder, "y", "z")].map(modeOf), [0o700, 0o700, 0o700]);
});

test("several processes that create one folder at once all get it", async (t) => {
  const folder = place(t);
  await Promise.all(Array.from({ length: 20 }, () => makePrivateFolder(folder)));
  t.is(modeOf(folder), 0o700);
});

const closed: [what: string, mode: number, content: string[]][] = [
  ["that others may read", 0o755, ["file"]],
  ["that its group may read", 0o750, ["file"]],
  ["that others may write, and that is empty", 0o777, []],
];
for (const [what, mode, content] of closed) {
  test(`a folder ${what} is closed`, async (t) => {
    const folder = place(t, mode, content);
    await makePrivateFolder(folder);
    t.is(modeOf(folder), 0o700);
    t.deepEqual(readdirSync(folder), content);
  });
}

for (const mode of [0o777, 0o770, 0o707, 0o1777]) {
  test(`a folder of mode ${mode.toString(8)} that is not empty is refused and left as it is`, async (t) => {
    const folder = place(t, mode, ["file"]);
    const error = await t.throwsAsync(makePrivateFolder(folder), { instanceOf: Failure });
    t.regex(error.message, /can be written by others/);
    t.is(modeOf(folder), mode);
  });
}

for (const [what, make] of [
  ["a file", (path: string) => writeFileSync(path, "")],
  ["a link to a folder", (path: string) => symlinkSync("/usr", path)],
  ["a link to nowhere", (path: string) => symlinkSync("/nowhere", path)],
] as const) {
  test(`${what} is no private folder`, async (t) => {
    const path = place(t);
    make(path);
    const error = await t.throwsAsync(makePrivateFolder(path), { instanceOf: Failure });
    t.regex(error.message, /is a link or a file/);
  });
}

asRoot("a folder of another user is refused, by root as well", async (t) => {
  const folder = place(t, 0o700);
  chownSync(folder, 65534, 65534);
  for (const check of [makePrivateFolder, makeTrustedFolder, refuseForeign]) {
    const error = await t.throwsAsync(check(folder), { instanceOf: Failure });
    t.regex(error.message, /belongs to user 65534 and not to you \(user 0\)/);
  }
});

asRoot("a link that another user has laid is refused, wherever it leads", async (t) => {
  const target = place(t, 0o700);
  const link = `${target}-link`;
  symlinkSync(target, link);
  await makeTrustedFolder(link);
  lchownSync(link, 65534, 65534);
  await t.throwsAsync(makeTrustedFolder(link), { message: /belongs to user 65534/ });
});

test("a folder that the user has chosen keeps its mode, so that /opt is not closed to everybody", async (t) => {
  const folder = place(t, 0o755, ["file"]);
  await makeTrustedFolder(folder);
  t.is(modeOf(folder), 0o755);
});

test("a folder in one where anybody may rename it is refused, and one in a sticky folder is not", async (t) => {
  const folder = place(t, 0o700);
  const above = join(folder, "..");
  chmodSync(above, 0o777);
  await t.throwsAsync(refuseForeign(folder), { message: /lies in ".*", where anybody can rename it/ });
  await t.throwsAsync(refuseWritable(folder), { message: /where anybody can rename it/ });
  chmodSync(above, 0o1777);
  await t.notThrowsAsync(refuseForeign(folder));
  chmodSync(above, 0o700);
});

test("a checkout may be writable by its group, as a umask of 002 makes it, and not by others", async (t) => {
  await t.notThrowsAsync(refuseWritable(place(t, 0o775)));
  await t.throwsAsync(refuseWritable(place(t, 0o757)), { message: /can be written by others/ });
});

test("the suggested command works in a shell unchanged", async (t) => {
  const folder = join(place(t, 0o700), "it's here");
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const error = await t.throwsAsync(refuseForeign(folder));
  t.true(error?.message.includes("it'\\''s here'`"), error?.message);
});

(process.platform === "linux" ? test : test.skip)("a place where nobody can make a folder is told", async (t) => {
  const { message } = await t.throwsAsync(makePrivateFolder("/sys/pi-speedup-test"));
  assertFault(t, "folder-unusable", message);
});
