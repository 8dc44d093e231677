// What an unpacking of Debian mounts in its folder, and leaves there when it is killed. Nothing behind a mount may be removed
// with the folder, so the mounts go first.

import { realpath } from "node:fs/promises";
import { Failure } from "../analysis/failure.js";
import { lastLine } from "../components/host/run-tool.ts";
import { readIfExists } from "../components/host/text-file.ts";
import { environmentFor } from "./environment.js";
import { run } from "./run.ts";

/** Empty where the system has no such file: debootstrap runs on Linux alone. */
const readMounts = () => readIfExists("/proc/self/mountinfo");

/** Mount points in a folder, the last one that was mounted first. @param mountinfo text of /proc/self/mountinfo */
export function mountsIn(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .map(unescaped)
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** The kernel writes blanks, tabs, line breaks and backslashes by their numbers. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * Unmounts all that is mounted in a folder of ours.
 * @throws Error when something stays mounted.
 */
export async function unmountIn(folder: string): Promise<void> {
  const real = await realpath(folder);
  let why = "";
  for (const point of mountsIn(real, await readMounts())) {
    const { code, stderr } = await run("umount", [point], { allowFailure: true, env: environmentFor("system") });
    if (code !== 0) why ||= lastLine(stderr);
  }
  const [left] = mountsIn(real, await readMounts());
  if (left === undefined) return;
  throw new Failure(
    "mount-left",
    `The folder "${folder}" cannot be removed, because "${left}" is still mounted (${why}). It was left by a run that was killed while it unpacked Debian. Unmount it with \`sudo umount '${left}'\`, and run this again.`,
  );
}
