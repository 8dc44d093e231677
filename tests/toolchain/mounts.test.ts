import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { mountsIn, unmountIn } from "../../toolchain/mounts.ts";
import { assertFault } from "../helpers/faults.ts";

/** Lines as the kernel writes them. */
const mountinfo = String.raw`22 28 0:20 / /proc rw,nosuid - proc proc rw
28 1 8:1 / / rw - ext4 /dev/sda1 rw
90 28 0:50 / /c/image.unfinished-1/root/proc rw - proc proc rw
91 28 0:51 / /c/image.unfinished-1/root/sys rw - sysfs sysfs rw
92 91 0:52 / /c/image.unfinished-1/root/sys/fs rw - tmpfs none rw
93 28 0:53 / /c/image.unfinished-10/root/proc rw - proc proc rw
94 28 0:54 / /with\040blank/a\134b rw - tmpfs none rw
`;

test("mounts in a folder are found from the innermost out, and no others", (t) => {
  t.deepEqual(mountsIn("/c/image.unfinished-1", mountinfo), [
    "/c/image.unfinished-1/root/sys/fs",
    "/c/image.unfinished-1/root/sys",
    "/c/image.unfinished-1/root/proc",
  ]);
});

test("a folder that is a mount itself counts, and the kernel's escaped blanks are understood", (t) => {
  t.deepEqual(mountsIn("/with blank", mountinfo), ["/with blank/a\\b"]);
  t.deepEqual(mountsIn("/with blank/a\\b", mountinfo), ["/with blank/a\\b"]);
  t.deepEqual(mountsIn("/nowhere", mountinfo), []);
});

function folderWithMounts(t: ExecutionContext): { folder: string; mounted: boolean } {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  const points = [join(folder, "root", "proc"), join(folder, "root", "proc", "within")];
  let mounted = true;
  for (const point of points) {
    mkdirSync(point, { recursive: true });
    mounted &&= spawnSync("mount", ["-t", "tmpfs", "none", point]).status === 0;
  }
  t.teardown(() => {
    for (const point of points.reverse()) spawnSync("umount", ["-l", point]);
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, mounted };
}

test("what is mounted in a folder, one in another, is unmounted", async (t) => {
  const { folder, mounted } = folderWithMounts(t);
  if (!mounted) {
    t.pass("needs the right to mount");
    return;
  }
  await unmountIn(folder);
  rmSync(folder, { recursive: true });
  t.false(existsSync(folder));
});

test("a mount in use stays, and is reported (mount-left)", async (t) => {
  const { folder, mounted } = folderWithMounts(t);
  if (!mounted) {
    t.pass("needs the right to mount");
    return;
  }
  const point = join(folder, "root", "proc", "within");
  writeFileSync(join(point, "file"), "precious");
  const user: ChildProcess = spawn("sleep", ["30"], { cwd: point });
  t.teardown(() => user.kill("SIGKILL"));
  const error = await t.throwsAsync(unmountIn(folder));
  assertFault(t, "mount-left", error?.message ?? "");
  t.true(existsSync(join(point, "file")));
});
