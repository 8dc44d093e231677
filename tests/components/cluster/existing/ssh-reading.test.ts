// The command for a K3s server, run in a shell of this machine by a user who is not root.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { readingCommand } from "../../../../components/cluster/existing/ssh.ts";
import { exits } from "../../../../components/cluster/existing/ssh-fault.ts";

interface Machine {
  /** Mode of the file; undefined: there is none. */
  file?: number;
  /** Mode of its folder. Default: 755. */
  folder?: number;
  /** A script in place of sudo; undefined: there is no sudo. */
  sudo?: string;
}

function read(t: ExecutionContext, { file, folder = 0o755, sudo }: Machine) {
  const machine = mkdtempSync(join(tmpdir(), "pi-speedup-machine-"));
  t.teardown(() => rmSync(machine, { recursive: true }));
  chmodSync(machine, 0o755);
  const place = join(machine, "k3s");
  mkdirSync(place);
  if (file !== undefined) {
    writeFileSync(join(place, "k3s.yaml"), "clusters: []\n");
    chmodSync(join(place, "k3s.yaml"), file);
  }
  chmodSync(place, folder);
  t.teardown(() => chmodSync(place, 0o755));
  const bin = join(machine, "bin");
  mkdirSync(bin);
  for (const tool of ["env", "sh", "cat"])
    writeFileSync(join(bin, tool), `#!/bin/sh\nexec /usr/bin/${tool} "$@"\n`, { mode: 0o755 });
  if (sudo !== undefined) writeFileSync(join(bin, "sudo"), `#!/bin/sh\n${sudo}\n`, { mode: 0o755 });
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const command = readingCommand(join(place, "k3s.yaml"));
  const { status, stdout } = spawnSync("/bin/sh", ["-c", command], {
    ...nobody,
    env: { PATH: bin, SSH_CONNECTION: "a 1 b 2" },
    encoding: "utf8",
  });
  return { status, stdout };
}

const whole = { status: 0, stdout: "# a 1 b 2\nclusters: []\n" };
const reads = 'echo "clusters: []"';

test("a file that can be read is read, and sudo is not asked", (t) => {
  t.deepEqual(read(t, { file: 0o644, sudo: "exit 7" }), whole);
});

test("one that can't is read by sudo", (t) => {
  t.deepEqual(read(t, { file: 0o600, sudo: reads }), whole);
});

test("one in a folder that can't be entered is read by sudo", (t) => {
  t.deepEqual(read(t, { file: 0o600, folder: 0o700, sudo: reads }), whole);
});

const ends: [what: string, machine: Machine, status: number][] = [
  ["no file", { sudo: reads }, exits.noFile],
  ["no file, and no sudo either", {}, exits.noFile],
  ["no sudo", { file: 0o600 }, exits.noSudo],
  ["a sudo that refuses", { file: 0o600, sudo: "exit 1" }, exits.sudo],
  ["a folder that can't be entered and a sudo that refuses", { folder: 0o700, sudo: "exit 1" }, exits.sudo],
];
for (const [what, machine, status] of ends) {
  test(`${what} has an exit code of its own`, (t) => {
    t.is(read(t, machine).status, status);
  });
}
