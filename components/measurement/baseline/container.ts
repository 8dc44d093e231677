// The container in which the single machine is measured: one at a time, and removed only if it belongs to the stack.

import { Failure } from "../../../analysis/failure.js";
import { baselineContainer, lockOf } from "../../cluster/embedded/names.ts";
import { DockerFailed, listLabelled, removeLabelled } from "../../host/labelled.ts";
import { withLock } from "../../host/lock.js";
import { whereabouts } from "../../host/whereabouts.ts";
import { logLine } from "../../program/log-line.ts";

/**
 * Runs something while no other process of this checkout measures the same stack's single machine, and no container
 * with its name exists.
 * @throws Failure if a container with that name belongs to someone else.
 */
export async function withBaseline<T>(stack: string, work: (container: string) => Promise<T>): Promise<T> {
  const name = baselineContainer(stack, process.cwd());
  const waiting = (holder: number) => logLine(`Waiting for process ${holder}, which measures the single machine`);
  return withLock(lockOf(name, process.cwd()), waiting, async () => {
    await removeBaseline(stack);
    return work(name);
  });
}

/** Removes what a killed run has left. Waits for a container that is still measuring. */
export async function clearBaseline(stack: string): Promise<void> {
  await withBaseline(stack, async () => {});
}

/** We hold the lock, so an existing container was left by a dead run, or belongs to someone else. */
export async function removeBaseline(stack: string): Promise<void> {
  const name = baselineContainer(stack, process.cwd());
  const here = whereabouts();
  const found = await listLabelled("container", `name=^/?${name}$`);
  for (const { labels } of found) {
    const isSame = (value: string, ours: string) => value === "" || value === ours;
    const samePlace =
      (labels.place !== "" && labels.place === here.place) ||
      (labels.folder === here.folder && isSame(labels.host, here.host) && isSame(labels.user, here.user));
    if (samePlace && labels.stack === stack) continue;
    throw new Failure(
      "baseline-name-taken",
      `Container "${name}", in which the single machine is to be measured, already exists and does not belong to this checkout, so it was left untouched. If nobody needs it, remove it with \`docker rm --force ${name}\` and run \`pulumi up\` again.`,
    );
  }
  try {
    await removeLabelled(found);
  } catch (error) {
    if (!(error instanceof DockerFailed)) throw error;
    throw new Failure(
      "baseline-stays",
      `Container "${name}", left by an earlier run, could not be removed (${error.words}). Remove it with \`docker rm --force ${name}\` and run \`pulumi up\` again.`,
    );
  }
}
