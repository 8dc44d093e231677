// How an embedded cluster is started and removed, by one process at a time, and only where it is the stack's own.
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../analysis/failure.js";
import { DockerFailed, type Labelled, listLabelled, removeLabelled } from "../../host/labelled.ts";
import { withLock } from "../../host/lock.js";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { lookForFolder, whereabouts } from "../../host/whereabouts.ts";
import { logLine } from "../../program/log-line.ts";
import { type Claim, type Occasion, refusal } from "./claim.ts";
import { clusterLabel, imageVolumeOf, lockOf, networkOf, removalByHand, scratchFolderOf, serverNode } from "./names.ts";

/** A cluster that is not the stack's own, or not as far as anybody can tell. */
export class NotOurs extends Failure {}

/**
 * Does something to a cluster while no other process of ours does: a killed Pulumi may leave one at work, and to undo a
 * half of what it does would spoil both.
 */
export function withClusterLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const waiting = (
    holder: number,
    sentence = `Waiting for process ${holder}, which a former run has left at work on the cluster ${name}`,
  ) => logLine(sentence);
  return withLock(lockOf(name, process.cwd()), waiting, work);
}

/** Seconds that a cluster may take until it answers again. */
export const patience = { start: 90 };

/**
 * Starts nodes of a cluster that are stopped, and waits until its API server answers. Not by k3d, which waits without end
 * for words in the log that a node prints only once.
 * @throws Failure when it does not start.
 */
export async function startCluster(name: string, nodes: readonly string[]): Promise<void> {
  const end = Date.now() + patience.start * 1000;
  const ready = ["exec", serverNode(name), "kubectl", "wait", "--for=condition=Ready", "--timeout=20s"];
  for (;;) {
    const started = await runTool("docker", ["start", ...nodes], { seconds: patience.start });
    const { code, stderr } =
      started.code === 0 ? await runTool("docker", [...ready, "nodes", "--all"], { seconds: 30 }) : started;
    if (code === 0) return;
    if (Date.now() < end) await sleep(1000);
    else {
      throw new Failure(
        "cluster-not-started",
        `The stopped cluster "${name}" could not be started (${lastLine(stderr)}). Run \`npm run down\` and then \`npm run up\`, which creates it again.`,
      );
    }
  }
}

/**
 * What Docker has under a cluster's name: containers, network and volume.
 * @throws DockerFailed
 */
async function findCluster(name: string): Promise<Labelled[]> {
  const found = await Promise.all([
    listLabelled("container", `label=${clusterLabel}=${name}`),
    listLabelled("network", `name=^${networkOf(name)}$`),
    listLabelled("volume", `name=^${imageVolumeOf(name)}$`),
  ]);
  return found.flat();
}

/**
 * The containers of a cluster, which is the stack's own; none where there is none.
 * @throws NotOurs when it is somebody else's.
 */
export async function ownContainers(claim: Claim, occasion: Occasion): Promise<Labelled[]> {
  const found = await findOwn(claim, occasion);
  return found.filter(({ kind }) => kind === "container");
}

async function findOwn(claim: Claim, occasion: Occasion): Promise<Labelled[]> {
  const found = await findCluster(claim.name);
  const refused = refusal(found, claim, occasion, { here: whereabouts(), look: lookForFolder });
  if (refused !== undefined) throw new NotOurs(refused.id, refused.text);
  return found;
}

/**
 * Removes a cluster, whole or half made. Returns whether there was anything; a cluster that is not there is no error. Each thing is removed by the id that was looked
 * at, so nothing that takes the name meanwhile is touched.
 * @throws NotOurs when it is somebody else's: then nothing was removed.
 * @throws Failure when something of it stays.
 */
export async function removeCluster(claim: Claim, occasion: Occasion): Promise<boolean> {
  await rm(scratchFolderOf(claim.name, process.cwd()), { recursive: true, force: true });
  try {
    const found = await findOwn(claim, occasion);
    await removeLabelled(found).catch(async (error) => {
      if (!(error instanceof DockerFailed)) throw error;
      // As a rule somebody else, such as a k3d that undoes its work, has removed one of them first.
      await sleep(1000);
      await removeLabelled(await findOwn(claim, occasion));
    });
    return found.length > 0;
  } catch (error) {
    if (!(error instanceof DockerFailed)) throw error;
    throw new Failure(
      "cluster-stays",
      `Cluster "${claim.name}" could not be removed (${error.words}). Start Docker and run \`pulumi destroy\` again, or remove it with \`${removalByHand(claim.name)}\`.`,
    );
  }
}
