// Finds what a killed run left behind by its labels, and removes it, or names it if it is not ours.

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
import { answerSeconds, run } from "../../toolchain/run.ts";

/** Containers with this label, of all checkouts; none if Docker is not available. */
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

/** The previous release did not label host and user. */
function isOnThisMachine({ labels }: Labelled): boolean {
  const { host, user } = whereabouts(projectFolder);
  return ["", host].includes(labels.host) && ["", user].includes(labels.user);
}

/**
 * Names the clusters whose folder is gone, because no stack will remove them. For other hosts and users, and for
 * clusters without these labels, this can't be known here.
 */
export async function warnAboutOrphans(): Promise<void> {
  const here = whereabouts(projectFolder);
  for (const { name, labels } of await containers(dockerLabel.folder)) {
    const cluster = clusterOfServer(name);
    if (cluster === undefined || !isClusterName(cluster)) continue;
    if (labels.host !== here.host || labels.user !== here.user) continue;
    // A moved folder still has an owner, and this one may have been moved.
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
 * Removes what killed runs of a stack have left outside its state: a half-created cluster, a baseline that still
 * computes. Anything that is not in this state but may be in another one is named and kept.
 * @param identity that was in the stack's state.
 * @param embedded whether the stack has, or could have had, a cluster on this machine.
 */
export async function removeLeftovers(stack: string, identity: string | undefined, embedded: boolean): Promise<void> {
  // Pulumi keeps a copy of every past state, even of a removed stack.
  for (const kept of ["backups", "history"]) {
    await rm(join(stateFolder, ".pulumi", kept, "pi-speedup", stack), { recursive: true, force: true });
  }
  const { code } = await run("docker", ["version"], { allowFailure: true, seconds: answerSeconds });
  // Without Docker or its daemon there are no containers, and nothing can be removed.
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
 * Removes what an interrupted run has left of a cluster that is in no state. Returns whether there was anything.
 * @throws NotOurs if it belongs to someone else.
 */
export function removeUnrecorded(claim: Claim): Promise<boolean> {
  return withClusterLock(claim.name, () => removeCluster(claim, "unrecorded"));
}

/** Removes the container of an interrupted baseline that still computes. */
export async function removeBaselines(stack: string): Promise<void> {
  const left = (await containersOf(stack)).some(({ name }) => name === baselineContainer(stack, projectFolder));
  if (left) await clearBaseline(stack);
}

const lockSchema = v.pipe(v.string(), v.parseJson(), v.object({ pid: v.number(), hostname: v.string() }));

/**
 * Whether the stack is locked by a Pulumi that no longer runs. Only works for our own backend, a folder of this
 * checkout.
 */
export async function hasStaleLock(stack: string): Promise<boolean> {
  const folder = join(stateFolder, ".pulumi", "locks", "organization", "pi-speedup", stack);
  const files = (await namesIn(folder)).filter((file) => file.endsWith(".json"));
  const locks = await Promise.all(files.map((file) => readIfExists(join(folder, file))));
  return (
    locks.length > 0 &&
    locks
      .map((lock) => v.safeParse(lockSchema, lock))
      // An unreadable lock says nothing: its owner may still be running.
      .every(({ success, output }) => success && output.hostname === hostname() && !isRunning(output.pid))
  );
}

/** Names of a folder's entries; none if there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
