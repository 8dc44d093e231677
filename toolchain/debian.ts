// Installs Debian packages that are missing on this machine.

import { existsSync } from "node:fs";
import { join } from "node:path";
import pLimit from "p-limit";
import { Failure } from "../analysis/failure.js";
import { withLock } from "../components/host/lock.js";
import { announceWait, cacheFolder } from "./cache.ts";
import { environmentFor } from "./environment.js";
import { step } from "./progress.ts";
import { run } from "./run.ts";

/** apt-get does not wait for its locks. */
const oneAtATime = pLimit(1);
/**
 * With this option, in seconds, it waits for the lock on installing, which programs such as unattended-upgrades hold for
 * minutes. For the lock on the lists of packages, there is no such option.
 */
const waiting = ["-o", "DPkg::Lock::Timeout=600"];
let updated: Promise<unknown> | undefined;

/**
 * Installs packages with apt-get if possible: as root, on Debian or a derivative.
 * @throws Error that names the packages, if it is not possible.
 */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Failure(
      "packages-missing",
      `This machine lacks ${packages.join(", ")}. Install ${packages.length === 1 ? "it" : "them"} and run this again.`,
    );
  }
  const env = { ...environmentFor("apt-get"), DEBIAN_FRONTEND: "noninteractive" };
  const install = () =>
    step(`Installing ${packages.join(", ")} with apt-get`, async (onLine) => {
      updated ??= run("apt-get", ["update"], { env, onLine });
      await updated;
      await run("apt-get", [...waiting, "install", "--yes", "--no-install-recommends", ...packages], { env, onLine });
    });
  await oneAtATime(() => withLock(join(cacheFolder(), "locks", "apt-get"), announceOther, install));
}

function announceOther(
  holder: number,
  sentence = `Waiting for process ${holder}, which is installing packages with apt-get …`,
): void {
  announceWait(holder, sentence);
}
