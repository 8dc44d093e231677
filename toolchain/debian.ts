// Installs Debian packages that are missing on this machine.

import { existsSync } from "node:fs";
import pLimit from "p-limit";
import { Failure } from "../analysis/failure.js";
import { environmentFor } from "./environment.js";
import { step } from "./progress.ts";
import { run } from "./run.ts";

/** apt-get has a single lock, and does not wait for it. */
const oneAtATime = pLimit(1);
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
  await oneAtATime(() =>
    step(`Installing ${packages.join(", ")} with apt-get`, async (onLine) => {
      updated ??= run("apt-get", ["update"], { env, onLine });
      await updated;
      await run("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], { env, onLine });
    }),
  );
}
