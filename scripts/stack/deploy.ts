// `pulumi up` as `up` and `measure` need it: on the cluster that the state speaks of, and with nothing half made after it.
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

/** Deploys. Rejects when Pulumi fails. */
export async function deploy(stack: Stack, ...args: string[]): Promise<void> {
  const restored = stack.requirements.cluster === "embedded" ? await restoreCluster(stack) : [];
  // The results are published first; `publishResults` ends the script then.
  stack.pulumi.env[toldByScript] = "yes";
  try {
    await stack.pulumi.show(["up"], "--yes", "--skip-preview", "--suppress-outputs", ...restored, ...args);
  } catch (error) {
    // What there is after another failure may be the work of another run, which has locked us out.
    if (error instanceof PulumiFailed && error.interrupted) await removeHalfMade(stack);
    throw error;
  }
}

/** Makes Pulumi make the cluster again. */
const replaceCluster = "--replace=**EmbeddedCluster$command:local:Command::cluster";

/**
 * Brings a cluster back that somebody has stopped, or removed without Pulumi's knowing. Returns the arguments by which
 * Pulumi creates it again.
 */
async function restoreCluster(stack: Stack): Promise<string[]> {
  const name = clusterNameFor(stack.name, projectFolder);
  const nodes = (await containersOf(stack.name)).filter((each) => isNodeOf(name, each.name));
  const server = nodes.find((each) => each.name === serverNode(name));
  const made = server && (await madeTooLongAgo(server.id));
  if (made === undefined && nodes.length > 0 && nodes.every(({ state }) => state === "running")) return [];
  const { cluster } = await stack.recorded();
  // One of another name, of a stack that was renamed or a checkout that was moved, is replaced by the engine itself.
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

/** What was interrupted leaves containers of which the state knows nothing. */
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
    // Then what was interrupted has made nothing.
    if (!(error instanceof NotOurs)) throw error;
  }
}
