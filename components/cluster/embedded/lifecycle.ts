// Starts and removes an embedded cluster, one process at a time, and only if it belongs to the stack.
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

/** A cluster that does not belong to the stack, or for which this is unknown. */
export class NotOurs extends Failure {}

/**
 * Runs something on a cluster while none of our other processes does. A killed Pulumi may leave one running, and
 * undoing half of its work would spoil both.
 */
export function withClusterLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const waiting = (
    holder: number,
    sentence = `Waiting for process ${holder}, which a former run has left at work on the cluster ${name}`,
  ) => logLine(sentence);
  return withLock(lockOf(name, process.cwd()), waiting, work);
}

/** Time in seconds that a cluster may take to answer again. */
export const patience = { start: 90 };

/**
 * Starts the stopped nodes of a cluster, and waits until its API server answers. Does not use k3d, which waits
 * endlessly for log messages that a node prints only once.
 * @throws Failure if it does not start.
 */
export async function startCluster(name: string, nodes: readonly string[]): Promise<void> {
  const end = performance.now() + patience.start * 1000;
  const ready = ["exec", serverNode(name), "kubectl", "wait", "--for=condition=Ready", "--timeout=20s"];
  for (;;) {
    const started = await runTool("docker", ["start", ...nodes], { seconds: patience.start });
    const { code, stderr } =
      started.code === 0 ? await runTool("docker", [...ready, "nodes", "--all"], { seconds: 30 }) : started;
    if (code === 0) return;
    if (performance.now() < end) await sleep(1000);
    else {
      throw new Failure(
        "cluster-not-started",
        `The stopped cluster "${name}" could not be started (${lastLine(stderr)}). Run \`npm run down\` and then \`npm run up\`, which creates it again.`,
      );
    }
  }
}

/**
 * The Docker objects of a cluster: containers, network and volume.
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
 * The containers of the stack's own cluster; empty if it does not exist.
 * @throws NotOurs if it belongs to someone else.
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
 * Removes a cluster, complete or not. Returns whether there was anything; a missing cluster is not an error. Each
 * object is removed by the id that was checked, so an object that takes the name meanwhile is not touched.
 * @throws NotOurs if it belongs to someone else. Nothing has been removed then.
 * @throws Failure if part of it could not be removed.
 */
export async function removeCluster(claim: Claim, occasion: Occasion): Promise<boolean> {
  await rm(scratchFolderOf(claim.name, process.cwd()), { recursive: true, force: true });
  try {
    const found = await findOwn(claim, occasion);
    await removeLabelled(found).catch(async (error) => {
      if (!(error instanceof DockerFailed)) throw error;
      // Usually another process, such as a k3d that undoes its work, has removed one of them first.
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
