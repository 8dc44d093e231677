// What a killed run leaves behind, recognised by its labels and cleared, or named where it is not ours to clear.

import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { withId } from "../../analysis/fault-ids.js";
import type { Claim } from "../../components/cluster/embedded/claim.ts";
import { NotOurs, removeCluster, withClusterLock } from "../../components/cluster/embedded/lifecycle.ts";
import {
  baselineContainer,
  clusterNameFor,
  clusterOfServer,
  isClusterName,
  removalByHand,
} from "../../components/cluster/embedded/names.ts";
import { DockerFailed, type Labelled, listLabelled } from "../../components/host/labelled.ts";
import { isRunning } from "../../components/host/lock.js";
import { ToolNotFound } from "../../components/host/run-tool.ts";
import { readIfExists } from "../../components/host/text-file.ts";
import { lookForFolder, whereabouts } from "../../components/host/whereabouts.ts";
import { clearBaseline } from "../../components/measurement/baseline/container.ts";
import { dockerLabel } from "../../components/ownership.ts";
import { logLine } from "../../components/program/log-line.ts";
import { projectFolder, stateFolder } from "../../toolchain/paths.ts";
import { run } from "../../toolchain/run.ts";

/** Containers with this label, of all checkouts; none where Docker is not there. */
async function containers(filter: string): Promise<Labelled[]> {
  try {
    return await listLabelled("container", `label=${filter}`);
  } catch (error) {
    if (error instanceof DockerFailed || error instanceof ToolNotFound) return [];
    throw error;
  }
}

/** The containers of one stack of this checkout, on this host and of this user. */
export async function containersOf(stack: string): Promise<Labelled[]> {
  return (await containers(`${dockerLabel.stack}=${stack}`)).filter(
    (each) => each.labels.stack === stack && each.labels.folder === projectFolder && isOnThisMachine(each),
  );
}

/** The former release did not label host and user. */
function isOnThisMachine({ labels }: Labelled): boolean {
  const { host, user } = whereabouts(projectFolder);
  return ["", host].includes(labels.host) && ["", user].includes(labels.user);
}

/**
 * Names the clusters whose folder is gone: no stack will remove them any more. Of other hosts and users, and of clusters that
 * have no label of host and user, nobody here can say that.
 */
export async function warnAboutOrphans(): Promise<void> {
  const here = whereabouts(projectFolder);
  for (const { name, labels } of await containers(dockerLabel.folder)) {
    const cluster = clusterOfServer(name);
    if (cluster === undefined || !isClusterName(cluster)) continue;
    if (labels.host !== here.host || labels.user !== here.user) continue;
    // One that was moved is still somebody's, as this one may be.
    if (labels.place === here.place || lookForFolder(labels.folder) !== "gone") continue;
    logLine(
      withId(
        "folder-gone",
        `Cluster "${cluster}" belongs to ${labels.folder}, which no longer exists. Unless that folder was moved, remove the cluster with \`${removalByHand(cluster)}\`.`,
      ),
    );
  }
}

/**
 * Removes what killed runs of a stack have left beside its state: a half made cluster, a baseline that still computes. What
 * the state does not know and another may is named and left.
 * @param identity that the stack's state held.
 * @param embedded whether the stack has, or could have had, a cluster on this machine.
 */
export async function removeLeftovers(stack: string, identity: string | undefined, embedded: boolean): Promise<void> {
  // Pulumi keeps a copy of each state that there ever was, also of a stack that is removed.
  for (const kept of ["backups", "history"]) {
    await rm(join(stateFolder, ".pulumi", kept, "pi-speedup", stack), { recursive: true, force: true });
  }
  const { code } = await run("docker", ["version"], { allowFailure: true });
  // No Docker or no daemon, no containers; and its leavings can't be removed without it.
  if (code !== 0) return;
  if (embedded) {
    const claim = { name: clusterNameFor(stack, projectFolder), stack, identity };
    try {
      await removeUnrecorded(claim);
    } catch (error) {
      if (!(error instanceof NotOurs)) throw error;
      logLine(error.message);
    }
  }
  await removeBaselines(stack);
}

/**
 * Removes what a run that was broken off has left of a cluster that no state holds. Returns whether there was anything.
 * @throws NotOurs when it is somebody else's.
 */
export function removeUnrecorded(claim: Claim): Promise<boolean> {
  return withClusterLock(claim.name, () => removeCluster(claim, "unrecorded"));
}

/** Removes the container of a baseline that was broken off and still computes. */
export async function removeBaselines(stack: string): Promise<void> {
  const left = (await containersOf(stack)).some(({ name }) => name === baselineContainer(stack, projectFolder));
  if (left) await clearBaseline(stack);
}

const lockSchema = v.pipe(v.string(), v.parseJson(), v.object({ pid: v.number(), hostname: v.string() }));

/** Whether the stack is locked by a Pulumi that no longer runs. Knows only our own backend, a folder of this checkout. */
export async function hasStaleLock(stack: string): Promise<boolean> {
  const folder = join(stateFolder, ".pulumi", "locks", "organization", "pi-speedup", stack);
  const files = (await namesIn(folder)).filter((file) => file.endsWith(".json"));
  const locks = await Promise.all(files.map((file) => readIfExists(join(folder, file))));
  return (
    locks.length > 0 &&
    locks
      .map((lock) => v.safeParse(lockSchema, lock))
      // What can't be read tells nothing: whoever has written it may still be at work.
      .every(({ success, output }) => success && output.hostname === hostname() && !isRunning(output.pid))
  );
}

/** Names of what a folder holds; none where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
