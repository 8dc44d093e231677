import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { installedPackages, recordPackages } from "../../../toolchain/offline/debian-packages.ts";

const status = `Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10
Description: GNU C Library
 Version: of nothing

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b8
`;

test("what is installed is listed with its versions, and what was removed is not", (t) => {
  t.deepEqual(installedPackages(status), ["bash 5.2.15-2+b8 amd64", "libc6 2.36-9+deb12u10 amd64"]);
  t.deepEqual(installedPackages(""), []);
});

for (const [what, release, expected] of [
  ["the day of its archive", "Origin: Debian\nDate: Sat, 08 Nov 2025 10:00:00 UTC\n", "Sat, 08 Nov 2025 10:00:00 UTC"],
  ["an unknown day where the archive names none", undefined, "an unknown day"],
] as const) {
  test(`the list next to an image contains its packages, with ${what}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const root = join(folder, "root");
    mkdirSync(join(root, "var/lib/dpkg"), { recursive: true });
    writeFileSync(join(root, "var/lib/dpkg/status"), status);
    if (release !== undefined) {
      mkdirSync(join(root, "var/lib/apt/lists"), { recursive: true });
      writeFileSync(join(root, "var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_InRelease"), release);
    }
    await recordPackages(root, folder);
    const lines = readFileSync(join(folder, "packages.txt"), "utf8").split("\n");
    t.is(lines[0], `# Debian's archive of ${expected}`);
    t.is(lines.length, 4);
    t.is(statSync(join(folder, "packages.txt")).mode & 0o777, 0o600);
  });
}
