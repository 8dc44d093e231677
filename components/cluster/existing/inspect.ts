// Inspects a cluster that the stack did not create before anything is created on it, even in a preview. This is one of
// two modules that access the API server, and it only reads. A preview has other effects: it runs the user's ssh to
// read the kubeconfig, and the kubeconfig's credential program. Pulumi's plugin reads, and simulates changes
// (`dryRun=All`).
import { setTimeout as sleep } from "node:timers/promises";
import {
  BatchV1Api,
  type ConfigurationOptions,
  CoreV1Api,
  RbacAuthorizationV1Api,
  type V1ClusterRole,
  type V1Job,
  type V1Node,
  VersionApi,
} from "@kubernetes/client-node";
import pLimit from "p-limit";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import type { Access } from "../../kubernetes/access.ts";
import { readPages, shaped } from "../../kubernetes/answers.ts";
import { ClusterConfig } from "../../kubernetes/cluster-config.ts";
import { causeOf, explainApiError, isForbidden, isNotFound, isTransient } from "../../kubernetes/explain.ts";
import { withTimeout } from "../../kubernetes/requests.ts";
import { logLine } from "../../program/log-line.ts";
import type { NamespaceGrant } from "../cluster.ts";
import { refuseOldVersion, versionSchema } from "./kubernetes-version.ts";
import { refuseUnusableNamespace } from "./namespace.ts";
import { architectureOf, chooseWorkers, unfitness, type WorkerChoice } from "./nodes.ts";
import type { Recorded } from "./recorded.ts";

/** The deployment's requirements. */
export interface InspectArgs {
  /** Names of the nodes to use; empty: all suitable ones. */
  workers: readonly string[];
  /** Value of the stack's label, which they will get. */
  stackValue: string;
  /** Namespace to use. */
  namespace: string;
  /** Whether the stack creates it. */
  createNamespace: boolean;
  /** Names of the Jobs that will be created in it, for this many workers. @throws Failure if there are too few. */
  jobs: (workers: readonly string[]) => readonly string[];
  /** What the stack has created before. Only this belongs to it. */
  recorded: Recorded;
  /** The pods' image, and a function that returns its architectures. Default: unknown. */
  image?: { name: string; architectures: (image: string) => Promise<ReadonlySet<string> | undefined> };
}

/** The result of the inspection. */
export interface Inspection extends WorkerChoice {
  /** The same value means the same cluster, independent of address and credentials. */
  identifier: string;
  /** How the user gets its permissions in the namespace; undefined if it already has them. */
  grant: NamespaceGrant | undefined;
}

const text = v.nullish(v.string());
const labels = v.nullish(v.record(v.string(), v.string()));
/** The fields of the answers that we rely on. */
const thingSchema = v.looseObject({
  metadata: v.nullish(v.looseObject({ uid: text, labels })),
});
/** Names of workers become resource names, and parts of commands in messages. */
const nodeName = v.pipe(v.string(), v.maxLength(253), v.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/));
const word = v.nullish(v.pipe(v.string(), v.maxLength(63)));
export const nodeSchema = v.looseObject({
  metadata: v.looseObject({ name: nodeName, labels }),
  spec: v.nullish(
    v.looseObject({
      unschedulable: v.nullish(v.boolean()),
      taints: v.nullish(v.array(v.looseObject({ key: v.string(), value: text, effect: v.string() }))),
    }),
  ),
  status: v.nullish(
    v.looseObject({
      allocatable: v.nullish(v.record(v.string(), v.string())),
      conditions: v.nullish(
        v.array(v.looseObject({ type: v.string(), status: v.string(), reason: text, message: text })),
      ),
      // They become parts of messages.
      nodeInfo: v.nullish(v.looseObject({ architecture: word, operatingSystem: word })),
    }),
  ),
});
const jobSchema = v.looseObject({
  spec: v.nullish(v.looseObject({ template: v.looseObject({ metadata: v.nullish(v.looseObject({ labels })) }) })),
});

/**
 * Milliseconds. An API server on a small machine may be away for tens of seconds under load or during a restart, so
 * requests are repeated for a while. Final refusals fail at once.
 */
export const patience = { away: 40_000, pause: 1_000 };

/** Parallel requests, if there is one per node or Job. */
const concurrency = 10;

/**
 * Asks the cluster for its identity and whether its nodes can do the work.
 * @param timeout milliseconds for the answer to one request.
 * @throws Failure if it can't be reached, refuses access, or does not meet a requirement.
 */
export async function inspect(
  access: Access,
  { workers, stackValue, namespace, createNamespace, jobs, recorded, image }: InspectArgs,
  timeout = 30_000,
): Promise<Inspection> {
  const config = new ClusterConfig(access.kubeconfig, access.whose);
  await config.login();
  const api = config.makeApiClient(CoreV1Api);
  const request = async <T>(what: string, send: (options: ConfigurationOptions) => Promise<T>): Promise<T> => {
    const end = performance.now() + patience.away;
    for (let told = false; ; told = true) {
      try {
        return await withTimeout(timeout, send);
      } catch (error) {
        if (!mayPass(error) || performance.now() >= end) throw explainApiError(error, what, access, config);
        const why = causeOf(error).message;
        if (!told)
          logLine(`The API server ${access.whose} is away or in trouble (${why}). It is asked again for a while.`);
        await sleep(patience.pause);
      }
    }
  };
  // Sent alone, because it shows whether the server can be reached, and asks for credentials only once.
  const system = await request("read the namespace kube-system", async (options) =>
    shaped(thingSchema, await api.readNamespace({ name: "kube-system" }, options), "the namespace"),
  );
  const version = await request("read the version", async (options) =>
    shaped(
      v.optional(versionSchema),
      await undefinedIfNone(config.makeApiClient(VersionApi).getCode({}, options)),
      "the version",
    ),
  );
  if (version !== undefined) refuseOldVersion(version, access);
  const live = await request(`read the namespace ${namespace}`, async (options) =>
    shaped(
      v.optional(thingSchema),
      await undefinedIfNotFound(api.readNamespace({ name: namespace }, options)),
      "the namespace",
    ),
  );
  refuseUnusableNamespace(live, { namespace, createNamespace, recorded });
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const grant = createNamespace
    ? await request(`read the ClusterRole ${grantedRole}`, async (options) =>
        grantIn(await undefinedIfNone(rbac.readClusterRole({ name: grantedRole }, options)), namespace),
      )
    : undefined;
  // If the user still has to bind its role, it can't see Jobs, and its stack has none there.
  const bound =
    grant === undefined ||
    (live !== undefined &&
      undefined !==
        (await request(`read the RoleBinding ${namespace}/${grant.binding}`, (options) =>
          undefinedIfNotFound(rbac.readNamespacedRoleBinding({ name: grant.binding, namespace }, options)),
        )));
  const nodes = await request("read the nodes", async (options) =>
    shaped(
      v.array(nodeSchema),
      workers.length === 0
        ? (await readPages((page) => api.listNode(page, options), withoutBulk)).items
        : await readNodes(workers, (name) => undefinedIfNotFound(api.readNode({ name }, options))),
      "the nodes",
    ),
  );
  const architectures = isMixed(nodes) ? await image?.architectures(image.name) : undefined;
  const known = image && architectures && { image: image.name, architectures };
  const chosen = chooseWorkers(nodes, workers, { stackValue, recorded }, known);
  const names = jobs(chosen.workers);
  if (live !== undefined && bound) {
    const batch = config.makeApiClient(BatchV1Api);
    await pLimit(concurrency).map(names, async (name) => {
      const job = await request(`read the Job ${namespace}/${name}`, async (options) =>
        shaped(
          v.optional(jobSchema),
          await undefinedIfNotFound(batch.readNamespacedJob({ name, namespace }, options)),
          "the Job",
        ),
      );
      if (job !== undefined) refuseForeignJob(job, { namespace, name, recorded });
    });
  }
  return { identifier: system.metadata?.uid ?? "", grant, ...chosen };
}

/** Most of a node object is the names of its images. For thousands of nodes, this adds up. */
function withoutBulk(node: V1Node): V1Node {
  delete node.metadata?.managedFields;
  delete node.status?.images;
  return node;
}

/** A name that can't be resolved is left as it is. */
function mayPass(error: unknown): boolean {
  return isTransient(error) && causeOf(error).code !== "ENOTFOUND";
}

/** Whether the possible workers differ in architecture. */
function isMixed(nodes: readonly V1Node[]): boolean {
  const fit = nodes.filter((node) => unfitness(node) === undefined);
  return new Set(fit.map(architectureOf)).size > 1;
}

/** One by one, so that permission to read these nodes is enough. */
async function readNodes(
  names: readonly string[],
  read: (name: string) => Promise<V1Node | undefined>,
): Promise<V1Node[]> {
  const nodes = await pLimit(concurrency).map(names, read);
  return nodes.filter((node) => node !== undefined);
}

async function undefinedIfNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The same if the user may not even ask. */
async function undefinedIfNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await undefinedIfNotFound(answer);
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

/** Name of the ClusterRole in docs/rbac.yaml that the user may bind to itself. */
const grantedRole = "pi-speedup-namespace";

/** The role's annotations: its user and its namespace. Other namespaces are not granted. */
function grantIn(role: V1ClusterRole | undefined, namespace: string): NamespaceGrant | undefined {
  const { "pi-speedup/namespace": granted, "pi-speedup/user": user } = role?.metadata?.annotations ?? {};
  if (granted !== namespace || !user) return undefined;
  return { role: grantedRole, binding: "pi-speedup", user };
}

/**
 * A Job with that name must belong to this stack. Whether Pulumi's plugin refuses an existing one or takes it over
 * depends on the plugin's version.
 */
function refuseForeignJob(
  job: V1Job,
  { namespace, name, recorded }: { namespace: string; name: string; recorded: Recorded },
): void {
  if (recorded.uids.has(job.metadata?.uid ?? "")) return;
  throw new Failure(
    "job-foreign",
    `Job "${namespace}/${name}" already exists and does not belong to this stack, so it was left untouched. Choose another name with \`pulumi config set pi-speedup:job NAME\`, or delete it with \`kubectl delete job -n ${namespace} ${name}\` if nobody needs it.`,
  );
}
