// `pulumi up` for `up` and `measure`: first restores the cluster that the state describes, and afterwards removes
// anything half-created.
import { withId } from "../../analysis/fault-ids.js";
import { NotOurs, ownContainers, startCluster } from "../../components/cluster/embedded/lifecycle.ts";
import { clusterNameFor, isNodeOf, serverNode } from "../../components/cluster/embedded/names.ts";
import { toldByScript } from "../../components/measurement/told-by-script.ts";
import { logLine } from "../../components/program/log-line.ts";
import { projectFolder } from "../../toolchain/paths.ts";
import { madeTooLongAgo, oldClusterMessage } from "./cluster-age.ts";
import { containersOf, removeBaselines, removeUnrecorded } from "./leftovers.ts";
import { PulumiFailed } from "./pulumi-cli.ts";
import type { Stack } from "./stack.ts";

/** Deploys. Rejects if Pulumi fails. */
export async function deploy(stack: Stack, ...args: string[]): Promise<void> {
  const restored = stack.requirements.cluster === "embedded" ? await restoreCluster(stack) : [];
  // The results are published first. Then `publishResults` ends the script.
  stack.pulumi.env[toldByScript] = "yes";
  try {
    await stack.pulumi.show(["up"], "--yes", "--skip-preview", "--suppress-outputs", ...restored, ...args);
  } catch (error) {
    // After another failure, existing results may come from another run, which has locked the stack.
    if (error instanceof PulumiFailed && error.interrupted) await removeHalfMade(stack);
    throw error;
  }
}

/** Makes Pulumi recreate the cluster. */
const replaceCluster = "--replace=**EmbeddedCluster$command:local:Command::cluster";

/**
 * Restores a cluster that someone stopped, or removed without Pulumi. Returns the arguments that make Pulumi recreate
 * it.
 */
async function restoreCluster(stack: Stack): Promise<string[]> {
  const name = clusterNameFor(stack.name, projectFolder);
  const [containers, made] = await Promise.all([containersOf(stack.name), madeTooLongAgo(serverNode(name))]);
  const nodes = containers.filter((each) => isNodeOf(name, each.name));
  const server = nodes.find((each) => each.name === serverNode(name));
  if (made === undefined && nodes.length > 0 && nodes.every(({ state }) => state === "running")) return [];
  const { cluster } = await stack.recorded();
  // If the name changed, because the stack was renamed or the checkout was moved, the engine replaces the cluster
  // itself.
  if (cluster?.name !== name) return [];
  const own = await ownContainers(cluster, "recorded");
  if (made !== undefined && own.some(({ id }) => id === server?.id)) {
    logLine(oldClusterMessage(name, stack.name, made));
    return [replaceCluster];
  }
  if (!own.some((each) => each.name === serverNode(name))) {
    logLine(
      withId(
        "cluster-vanished",
        `Cluster "${name}" of stack "${stack.name}" is missing, although this stack did not remove it. Creating it again.`,
      ),
    );
    return [replaceCluster];
  }
  logLine(withId("cluster-stopped", `Some nodes of cluster "${name}" are stopped. Starting them.`));
  await startCluster(
    name,
    own.map(({ id }) => id),
  );
  return [];
}

/** An interrupted run leaves containers that are not in the state. */
async function removeHalfMade(stack: Stack): Promise<void> {
  await removeBaselines(stack.name);
  if (stack.requirements.cluster !== "embedded") return;
  const { cluster, identity } = await stack.recorded();
  if (cluster !== undefined) return;
  const claim = { name: clusterNameFor(stack.name, projectFolder), stack: stack.name, identity };
  try {
    if (!(await removeUnrecorded(claim))) return;
    logLine(
      withId(
        "interrupted-creation",
        `The cluster of stack "${stack.name}" was not finished. What there was of it has been removed.`,
      ),
    );
  } catch (error) {
    // In this case, the interrupted run created nothing.
    if (!(error instanceof NotOurs)) throw error;
  }
}
