// Lists the packages of an unpacked Debian. Its archive changes daily, and the mirrors of closed networks keep no
// snapshots. So the same recipe installs different packages on different days, and the list is kept next to the image's
// files.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../components/host/text-file.ts";
import { logLine } from "../../components/program/log-line.ts";

/** Installed packages as `NAME VERSION ARCHITECTURE`, in order. @param status text of dpkg's own list */
export function installedPackages(status: string): string[] {
  return status
    .split("\n\n")
    .map((block) => (key: string) => new RegExp(`^${key}: (.*)$`, "m").exec(block)?.[1] ?? "")
    .filter((field) => field("Status") === "install ok installed")
    .map((field) => `${field("Package")} ${field("Version")} ${field("Architecture")}`)
    .sort();
}

/** Records the packages of a root in `folder`, with the date of the archive. */
export async function recordPackages(root: string, folder: string): Promise<void> {
  const packages = installedPackages(await readFile(join(root, "var/lib/dpkg/status"), "utf8"));
  const date = await archiveDate(join(root, "var/lib/apt/lists"));
  const file = join(folder, "packages.txt");
  await writeWhole(file, [`# Debian's archive of ${date}`, ...packages, ""].join("\n"));
  logLine(
    `  ${packages.length} packages of Debian's archive of ${date}, listed in packages.txt beside the image's files`,
  );
}

/** The date that the archive's signed list states. */
async function archiveDate(lists: string): Promise<string> {
  const names = await readdir(lists).catch(() => []);
  const release = names.find((name) => /_(In)?Release$/.test(name));
  const text = release === undefined ? "" : await readFile(join(lists, release), "utf8");
  return /^Date: (.*)$/m.exec(text)?.[1] ?? "an unknown day";
}
