// The copy of a stack's configuration that Pulumi writes into, in a checkout of its own.
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";

const tracked = "config:\n  pi-speedup:agents: 2\n";

async function checkout(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const part of [
    "toolchain/paths.ts",
    "components/host",
    "analysis/failure.js",
    "analysis/fault-ids.js",
    "package.json",
  ]) {
    cpSync(part, join(folder, part), { recursive: true });
  }
  cpSync("scripts/stack/configuration.ts", join(folder, "scripts/stack/configuration.ts"));
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "Pulumi.dev.yaml"), tracked);
  // It is a copy of that module.
  const { copyConfiguration }: typeof import("../../../scripts/stack/configuration.ts") = await import(
    join(folder, "scripts/stack/configuration.ts")
  );
  const copy = () => copyConfiguration("dev");
  return { folder, copy };
}

test("the copy is for the user alone, and keeps the salt that Pulumi has written into it", async (t) => {
  const { folder, copy } = await checkout(t);
  const file = await copy();
  t.is(readFileSync(file, "utf8"), tracked);
  t.is(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, `encryptionsalt: v1:x\n${tracked}`);
  writeFileSync(join(folder, "Pulumi.dev.yaml"), `${tracked}  pi-speedup:rounds: 3\n`);
  await copy();
  t.is(readFileSync(file, "utf8"), `encryptionsalt: v1:x\n${tracked}  pi-speedup:rounds: 3\n`);
});

test("a copy that is right is left alone: the Pulumi of another run may be writing into it", async (t) => {
  const { copy } = await checkout(t);
  const file = await copy();
  writeFileSync(file, `encryptionsalt: v1:x\n${tracked}`);
  const { ino } = statSync(file);
  await copy();
  t.is(statSync(file).ino, ino);
  t.is(readFileSync(file, "utf8"), `encryptionsalt: v1:x\n${tracked}`);
});

test("several runs at once have one whole copy", async (t) => {
  const { copy } = await checkout(t);
  const [file] = await Promise.all([copy(), copy(), copy()]);
  t.is(readFileSync(file, "utf8"), tracked);
});
