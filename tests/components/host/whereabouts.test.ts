import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { lookForFolder, whereabouts } from "../../../components/host/whereabouts.ts";

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("a folder that is moved stays in its place, and a copy has another one", (t) => {
  const parent = folder(t);
  const [original, copy, moved] = ["original", "copy", "moved"].map((name) => join(parent, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(original);
  const { place } = whereabouts(original);
  cpSync(original, copy, { recursive: true, preserveTimestamps: true });
  t.not(whereabouts(copy).place, place);
  writeFileSync(join(original, "changed"), "");
  renameSync(original, moved);
  t.is(whereabouts(moved).place, place);
});

test("an existing folder exists, and so does a dangling link", (t) => {
  const parent = folder(t);
  t.is(lookForFolder(parent), "there");
  symlinkSync("/nowhere", join(parent, "link"));
  t.is(lookForFolder(join(parent, "link")), "there");
});

test("the working folder is here, by whatever path", (t) => {
  const link = join(folder(t), "link");
  symlinkSync(process.cwd(), link);
  t.is(lookForFolder(link), "here");
  t.is(lookForFolder(process.cwd()), "here");
});

test("a folder is gone where its parent does not hold it, and where its parent is gone", (t) => {
  const parent = folder(t);
  mkdirSync(join(parent, "other"));
  t.is(lookForFolder(join(parent, "gone")), "gone");
  t.is(lookForFolder(join(parent, "gone", "as", "well")), "gone");
});

test("an empty parent proves nothing: a disk may not be mounted now", (t) => {
  t.is(lookForFolder(join(folder(t), "checkout")), "unknown");
});

test("text that is not a path of a folder proves nothing", (t) => {
  const parent = folder(t);
  writeFileSync(join(parent, "file"), "");
  for (const path of [join(parent, "file", "in-a-file"), "relative", "", "/with\0nothing"]) {
    t.is(lookForFolder(path), "unknown", path);
  }
});

test("a folder in another user's private home proves nothing", (t) => {
  const home = folder(t);
  mkdirSync(join(home, "checkout"));
  chmodSync(home, 0o000);
  t.teardown(() => chmodSync(home, 0o700));
  // Root sees everything, so another user checks.
  const asNobody = process.getuid?.() === 0 ? "process.setgid(65534); process.setuid(65534); " : "";
  for (const name of ["checkout", "gone"]) {
    const code = `const { lookForFolder } = await import("./components/host/whereabouts.ts"); ${asNobody}process.stdout.write(lookForFolder(${JSON.stringify(join(home, name))}));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
      encoding: "utf8",
    });
    t.is(stdout, "unknown", stderr);
  }
});
