// All names of an embedded cluster: its own, those that k3d derives from it, and those of our files about it. Pure.
import { createHash } from "node:crypto";
import { join } from "node:path";

/**
 * One name per stack and folder, so that two checkouts on one machine do not collide. Short, because k3d allows 32
 * characters.
 */
export function clusterNameFor(stack: string, folder: string): string {
  const identity = createHash("sha256").update(`${stack}\n${folder}`).digest("hex");
  return `pi-speedup-${identity.slice(0, 8)}`;
}

/** k3d's label with the name of a container's cluster. */
export const clusterLabel = "k3d.cluster";

/** The node that runs the control plane. Its container has the same name. */
export function serverNode(cluster: string): string {
  return `k3d-${cluster}-server-0`;
}

/** The nodes that do the work. Their containers have the same names. */
export function agentNodes(cluster: string, agents: number): string[] {
  return Array.from({ length: agents }, (_, i) => `k3d-${cluster}-agent-${i}`);
}

/** The container that tests where published ports are, before the nodes are created. */
export function portsContainer(cluster: string): string {
  return `k3d-${cluster}-ports`;
}

/** Whether a container is a node of this cluster. */
export function isNodeOf(cluster: string, container: string): boolean {
  return container.startsWith(`k3d-${cluster}-`);
}

/** Whether a container is a node of any cluster. */
export function isNode(container: string): boolean {
  return container.startsWith("k3d-");
}

/** The cluster whose server a container is; undefined for other containers. */
export function clusterOfServer(container: string): string | undefined {
  return /^k3d-(.+)-server-0$/.exec(container)?.[1];
}

/** The network that k3d creates for the nodes. */
export function networkOf(cluster: string): string {
  return `k3d-${cluster}`;
}

/** Labels that k3d gives its network and its volume, as `name=value`. */
export function k3dLabels(cluster: string): string[] {
  return ["app=k3d", `${clusterLabel}=${cluster}`];
}

/** The volume that k3d creates for images and mounts in every node. */
export function imageVolumeOf(cluster: string): string {
  return `k3d-${cluster}-images`;
}

/**
 * Where k3d puts temporary files while it creates a cluster, which it never deletes. Not in the shared temporary
 * folder, where others could create that name first. @param folder the checkout
 */
export function scratchFolderOf(cluster: string, folder: string): string {
  return join(folder, ".pi-speedup", "k3d", cluster);
}

/**
 * Held by the process that creates, changes or removes the cluster. @param folder the checkout, in which all of them
 * run.
 */
export function lockOf(cluster: string, folder: string): string {
  return join(folder, ".pi-speedup", "locks", cluster);
}

/** The container in which a stack's single machine is measured. @param folder the checkout */
export function baselineContainer(stack: string, folder: string): string {
  return `${clusterNameFor(stack, folder)}-baseline`;
}

/** Whether {@link clusterNameFor} could have returned this name. Other people's labels are copied into commands. */
export function isClusterName(name: string): boolean {
  return /^pi-speedup-[0-9a-f]{8}$/.test(name);
}

/** Commands with which a user removes a whole cluster, no matter who created it. */
export function removalByHand(cluster: string): string {
  const containers = `docker ps --all --quiet --filter label=${clusterLabel}=${cluster}`;
  const rest = `docker network rm ${networkOf(cluster)}; docker volume rm ${imageVolumeOf(cluster)}`;
  return `docker rm --force --volumes $(${containers}); ${rest}`;
}
