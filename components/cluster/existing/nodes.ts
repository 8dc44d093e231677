// Which nodes of a cluster can do the work, and why the others can't.
import type { V1Node, V1Taint } from "@kubernetes/client-node";
import { Failure } from "../../../analysis/failure.js";
import { amountOf } from "../../kubernetes/quantity.ts";
import { stackLabel, workerLabels } from "../../ownership.ts";
import { requests } from "../../workload/job-spec.ts";
import type { Recorded } from "./recorded.ts";

/** Which labels belong to this stack. */
export interface OwnLabels {
  /** Value of its own label. */
  stackValue: string;
  /** What it has created before, including labels of nodes. */
  recorded: Recorded;
}

/** The nodes that do the work. */
export interface WorkerChoice {
  /** Names, in the given order, otherwise sorted. */
  workers: string[];
  /** Candidates that can't do the work now, each with the reason. */
  leftOut: string[];
}

/** What is known about the pods' image. */
export interface ImageKnown {
  image: string;
  /** Its architectures, with Go's names. */
  architectures: ReadonlySet<string>;
}

const howToName = "`pulumi config set --path 'pi-speedup:workers[0]' NAME`";

/**
 * The workers: those that are named, otherwise every node that can do the work and is not control plane.
 * @param nodes of the cluster, or the existing ones of the named workers.
 * @param own labels that a worker will get. Someone else's are never overwritten.
 * @param known about the image; undefined: nothing.
 * @throws Failure with every node that is missing, unsuitable or someone else's, and why.
 */
export function chooseWorkers(
  nodes: readonly V1Node[],
  named: readonly string[],
  own: OwnLabels,
  known?: ImageKnown,
): WorkerChoice {
  const choice = named.length > 0 ? chooseNamed(nodes, named, known) : chooseFound(nodes, known);
  const conflicts = nodes
    .filter((node) => choice.workers.includes(nameOf(node)))
    .flatMap((node) => labelConflicts(node, own));
  if (conflicts.length > 0) {
    const removal = conflicts.map(({ node, key }) => `\`kubectl label node ${node} ${key}-\``);
    const them = conflicts.length === 1 ? "it" : "them";
    throw new Failure(
      "label-foreign",
      `${conflicts.map(({ text }) => text).join("; ")}. This stack has not set ${them}, so ${conflicts.length === 1 ? "it was" : "they were"} left untouched. Remove ${them} with ${removal.join(" and ")} if nobody needs ${them}, or choose other nodes with ${howToName}.`,
    );
  }
  return choice;
}

function chooseNamed(nodes: readonly V1Node[], named: readonly string[], known?: ImageKnown): WorkerChoice {
  const byName = new Map(nodes.map((node) => [nameOf(node), node]));
  const faults = named.flatMap((name) => {
    const node = byName.get(name);
    const why = node === undefined ? "is not in this cluster" : unfitness(node, known);
    return why === undefined ? [] : [`node "${name}" ${why}`];
  });
  if (faults.length === 0) return { workers: [...named], leftOut: [] };
  throw new Failure(
    "worker-unfit",
    `Not all nodes in pi-speedup:workers can be workers: ${faults.join("; ")}. Workers must be Ready and accept pods, see \`kubectl get nodes\`. Remove the cause and run \`pulumi up\` again, or choose other nodes with ${howToName}.`,
  );
}

function chooseFound(nodes: readonly V1Node[], known?: ImageKnown): WorkerChoice {
  const sorted = nodes.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const candidates = sorted.filter((node) => !isControlPlane(node));
  const workers = candidates.filter((node) => unfitness(node, known) === undefined).map(nameOf);
  const leftOut = candidates.flatMap((node) => {
    const why = unfitness(node, known);
    return why === undefined ? [] : [`node "${nameOf(node)}" ${why}`];
  });
  if (workers.length > 0) return { workers, leftOut };
  const servers = sorted.filter(isControlPlane).map((node) => `node "${nameOf(node)}" is a control plane`);
  throw new Failure(
    "worker-none",
    `No node of this cluster can be a worker (${[...leftOut, ...servers].join("; ") || "it has no nodes"}). A worker must be Ready, accept pods, and not be a control plane. Remove the cause and run \`pulumi up\` again, or name nodes, which may be control planes, with ${howToName}.`,
  );
}

function nameOf(node: V1Node): string {
  return node.metadata?.name ?? "";
}

/**
 * K3s and kubeadm label their servers with the first name, and used the second one before. The third is Rancher's. The
 * last one marks servers that only store the cluster's data.
 */
function isControlPlane(node: V1Node): boolean {
  const labels = node.metadata?.labels ?? {};
  return ["control-plane", "master", "controlplane", "etcd"].some(
    (role) => `node-role.kubernetes.io/${role}` in labels,
  );
}

/** Why a pod of the Job would not run on this node, as the end of a sentence that begins with its name. */
export function unfitness(node: V1Node, known?: ImageKnown): string | undefined {
  const never = misfit(node, known);
  if (never !== undefined) return never;
  const conditions = node.status?.conditions ?? [];
  const reasonIn = ({ reason, message }: { reason?: string; message?: string }) =>
    [reason, message].filter(Boolean).join(": ") || "no reason given";
  const ready = conditions.find(({ type }) => type === "Ready");
  if (ready === undefined) return "is not Ready (it has not reported yet)";
  if (ready.status !== "True") return `is not Ready (${reasonIn(ready)})`;
  const trouble = conditions.find(({ type, status }) => type !== "Ready" && status === "True" && isHindrance(type));
  if (trouble !== undefined) return `has ${trouble.type} (${reasonIn(trouble)})`;
  if (node.metadata?.deletionTimestamp !== undefined) return "is being deleted";
  if (node.spec?.unschedulable) return `is cordoned (\`kubectl uncordon ${nameOf(node)}\` opens it)`;
  const taint = node.spec?.taints?.find(keepsOut);
  if (taint !== undefined) return `has the taint ${describeTaint(taint)}, which keeps the pods out`;
  return shortage(node.status?.allocatable ?? {});
}

/** The architecture of a node, with Go's name; undefined if it has not reported it. */
export function architectureOf({ metadata, status }: V1Node): string | undefined {
  return status?.nodeInfo?.architecture || metadata?.labels?.["kubernetes.io/arch"] || undefined;
}

/** A permanent property: such a node will never run the pods. */
function misfit(node: V1Node, known: ImageKnown | undefined): string | undefined {
  const labels = node.metadata?.labels ?? {};
  const systems = [node.status?.nodeInfo?.operatingSystem, labels["kubernetes.io/os"], labels["beta.kubernetes.io/os"]];
  const system = systems.find((each) => each && each !== "linux");
  if (system !== undefined) return `runs ${system}, and the pods need linux`;
  if (labels.type === "virtual-kubelet")
    return "is no machine but stands for a service that runs pods (virtual-kubelet)";
  const architecture = architectureOf(node);
  if (known === undefined || architecture === undefined || known.architectures.has(architecture)) return undefined;
  return `is of the architecture ${architecture}, for which there is no image "${known.image}" (there is one for ${[...known.architectures].sort().join(", ")})`;
}

/** Other conditions, such as those of a problem detector, are for people. */
function isHindrance(condition: string): boolean {
  return condition.endsWith("Pressure") || condition === "NetworkUnavailable";
}

/** The pods tolerate these taints for a while, see job-spec.ts. A Ready node loses them by itself. */
function keepsOut({ key, effect }: V1Taint): boolean {
  return effect !== "PreferNoSchedule" && !/^node\.kubernetes\.io\/(not-ready|unreachable)$/.test(key);
}

function describeTaint({ key, value, effect }: V1Taint): string {
  return `${key}${value ? `=${value}` : ""}:${effect}`;
}

function shortage(allocatable: Record<string, string>): string | undefined {
  for (const [what, needed] of Object.entries({ pods: "1", ...requests })) {
    const found = allocatable[what];
    if (found !== undefined && amountOf(found) < amountOf(needed)) {
      return `has not enough ${what} to give (${found} allocatable, ${needed} needed)`;
    }
  }
  return undefined;
}

/**
 * The tutorial's label may already exist. The stack's own may exist only if the stack has set it, whatever its value.
 */
function labelConflicts(
  node: V1Node,
  { stackValue, recorded }: OwnLabels,
): { node: string; key: string; text: string }[] {
  const set = recorded.uids.has(node.metadata?.uid ?? "");
  return Object.entries(workerLabels(stackValue)).flatMap(([key, expected]) => {
    const found = node.metadata?.labels?.[key];
    const ours = found === expected && (set || !(key in stackLabel(stackValue)));
    if (found === undefined || ours) return [];
    return [{ node: nameOf(node), key, text: `The node "${nameOf(node)}" has the label ${key}=${found}` }];
  });
}
