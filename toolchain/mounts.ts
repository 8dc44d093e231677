// Unmounts what unpacking Debian has mounted in its folder and left there when it was killed. Deleting the folder must
// not delete anything behind a mount.

import { realpath } from "node:fs/promises";
import { Failure } from "../analysis/failure.js";
import { lastLine } from "../components/host/run-tool.ts";
import { readIfExists } from "../components/host/text-file.ts";
import { environmentFor } from "./environment.js";
import { answerSeconds, run } from "./run.ts";

/** Empty if the system has no such file; debootstrap only runs on Linux. */
const readMounts = () => readIfExists("/proc/self/mountinfo");

/** Mount points in a folder, last mounted first. @param mountinfo text of /proc/self/mountinfo */
export function mountsIn(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .map(unescaped)
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** The kernel writes blanks, tabs, line breaks and backslashes as octal numbers. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * Unmounts everything in one of our folders.
 * @throws Error if something stays mounted.
 */
export async function unmountIn(folder: string): Promise<void> {
  const real = await realpath(folder);
  let why = "";
  for (const point of mountsIn(real, await readMounts())) {
    const { code, stderr } = await run("umount", [point], {
      allowFailure: true,
      seconds: answerSeconds,
      env: environmentFor("system"),
    });
    if (code !== 0) why ||= lastLine(stderr);
  }
  const [left] = mountsIn(real, await readMounts());
  if (left === undefined) return;
  throw new Failure(
    "mount-left",
    `The folder "${folder}" cannot be removed, because "${left}" is still mounted (${why}). It was left by a run that was killed while it unpacked Debian. Unmount it with \`sudo umount '${left}'\`, and run this again.`,
  );
}
