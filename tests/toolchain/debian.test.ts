import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import { installDebianPackages } from "../../toolchain/debian.ts";
import { assertFault } from "../helpers/faults.ts";

test.serial("who is not root is told which packages are missing, and nothing is installed", async (t) => {
  const { getuid } = process;
  process.getuid = () => 1000;
  try {
    const { message } = await t.throwsAsync(installDebianPackages(["docker.io", "iptables"]));
    assertFault(t, "packages-missing", message);
    t.regex(message, /docker\.io, iptables\. Install them/);
  } finally {
    Object.assign(process, { getuid });
  }
});

const wherePossible = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get") ? test.serial : test.serial.skip;
wherePossible("two processes that install packages take turns, because apt-get does not wait", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const lock = join(folder, "lock");
  const source = `#!/bin/sh\nmkdir ${lock} || { echo "Could not get lock"; exit 100; }\nsleep 0.2\nrmdir ${lock}\n`;
  writeFileSync(join(folder, "apt-get"), source, { mode: 0o755 });
  const env = { ...process.env, HOME: folder, PATH: [folder, process.env.PATH].join(delimiter) };
  const code = `
    const { installDebianPackages } = await import("./toolchain/debian.ts");
    await installDebianPackages(["nothing"]);`;
  const ended = await Promise.all(
    [1, 2].map(async () => {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", code], { env, stdio: "pipe" });
      const status = new Promise<number | null>((resolve) => child.once("close", resolve));
      const said = await text(child.stderr);
      return { status: await status, said };
    }),
  );
  for (const { status, said } of ended) t.is(status, 0, said);
  t.is(ended.filter(({ said }) => /Waiting for process \d+, which is installing packages/.test(said)).length, 1);
});
