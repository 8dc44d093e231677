// What a cluster that the stack has not made is asked before anything is created on it, in preview too. One of the two
// doors to the API server; it only reads. Besides, a preview runs the user's ssh where the kubeconfig is read by it, and
// the kubeconfig's program for credentials; and Pulumi's plugin reads, and rehearses what it would do (`dryRun=All`).
import {
  BatchV1Api,
  type ConfigurationOptions,
  CoreV1Api,
  type V1Job,
  type V1Namespace,
  type V1Node,
} from "@kubernetes/client-node";
import pLimit from "p-limit";
import * as v from "valibot";
import { Failure } from "../../failure.js";
import type { Access } from "../../kubernetes/access.ts";
import { readPages, shaped } from "../../kubernetes/answers.ts";
import { ClusterConfig } from "../../kubernetes/cluster-config.ts";
import { explainApiError, isNotFound } from "../../kubernetes/explain.ts";
import { withTimeout } from "../../kubernetes/requests.ts";
import { chooseWorkers, type WorkerChoice } from "./nodes.ts";

/** What the deployment needs of the cluster. */
export interface InspectArgs {
  /** Names of the nodes that take part; none: all that can. */
  workers: readonly string[];
  /** Labels that they will get. */
  labels: Readonly<Record<string, string>>;
  /** Namespace that will be created. */
  namespace: string;
  /** Names of the Jobs that will be created in it. */
  jobs: readonly string[];
  /** Label by which that namespace, and the pods of those Jobs, are known as this stack's, where they are there already. */
  ours: Readonly<Record<string, string>>;
}

/** What the deployment needs to know of it. */
export interface Inspection extends WorkerChoice {
  /** Same value: same cluster, whatever its address and credentials. */
  identifier: string;
}

const text = v.nullish(v.string());
const labels = v.nullish(v.record(v.string(), v.string()));
/** What is relied on of everything that is asked for. */
const thingSchema = v.looseObject({
  metadata: v.nullish(v.looseObject({ uid: text, labels })),
});
/** Names of workers become names of resources, and go into commands that the user is told. */
const nodeName = v.pipe(v.string(), v.maxLength(253), v.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/));
const nodeSchema = v.looseObject({
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
    }),
  ),
});
const jobSchema = v.looseObject({
  spec: v.nullish(v.looseObject({ template: v.looseObject({ metadata: v.nullish(v.looseObject({ labels })) }) })),
});

/** Requests at the same time, where there is one for each node. */
const concurrency = 10;

/**
 * Asks the cluster who it is and whether its nodes can do the work.
 * @param timeout milliseconds for the answer to one question.
 * @throws Failure when it can't be reached, lets us not in, or something is not as the deployment needs it.
 */
export async function inspect(
  access: Access,
  { workers, labels, namespace, jobs, ours }: InspectArgs,
  timeout = 30_000,
): Promise<Inspection> {
  const config = new ClusterConfig(access.kubeconfig, access.whose);
  await config.login();
  const api = config.makeApiClient(CoreV1Api);
  const request = async <T>(what: string, send: (options: ConfigurationOptions) => Promise<T>): Promise<T> => {
    try {
      return await withTimeout(timeout, send);
    } catch (error) {
      throw explainApiError(error, what, access, config);
    }
  };
  // Alone: it tells whether there is a way at all, and credentials are asked for once.
  const system = await request("read the namespace kube-system", async (options) =>
    shaped(thingSchema, await api.readNamespace({ name: "kube-system" }, options), "the namespace"),
  );
  const live = await request(`read the namespace ${namespace}`, async (options) =>
    shaped(
      v.optional(thingSchema),
      await undefinedIfNotFound(api.readNamespace({ name: namespace }, options)),
      "the namespace",
    ),
  );
  refuseForeign(live, namespace, ours);
  if (live !== undefined) {
    const batch = config.makeApiClient(BatchV1Api);
    for (const name of jobs) {
      const job = await request(`read the Job ${namespace}/${name}`, async (options) =>
        shaped(
          v.optional(jobSchema),
          await undefinedIfNotFound(batch.readNamespacedJob({ name, namespace }, options)),
          "the Job",
        ),
      );
      if (job !== undefined) refuseForeignJob(job, `${namespace}/${name}`, ours);
    }
  }
  const nodes = await request("read the nodes", async (options) =>
    shaped(
      v.array(nodeSchema),
      workers.length === 0
        ? (await readPages((page) => api.listNode(page, options))).items
        : await readNodes(workers, (name) => undefinedIfNotFound(api.readNode({ name }, options))),
      "the nodes",
    ),
  );
  return { identifier: system.metadata?.uid ?? "", ...chooseWorkers(nodes, workers, labels) };
}

/** One by one, so that the right to read these nodes is enough. */
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

/**
 * A Job of that name must be this stack's. Whether Pulumi's plugin would refuse one that is there or take it over depends on
 * the plugin's version.
 */
function refuseForeignJob(job: V1Job, name: string, ours: Readonly<Record<string, string>>): void {
  const labels = job.spec?.template.metadata?.labels ?? {};
  if (Object.entries(ours).every(([key, value]) => labels[key] === value)) return;
  const [namespace, own] = name.split("/");
  throw new Failure(
    `The Job "${name}" already exists and does not belong to this stack, so it was left untouched. Choose another name with \`pulumi config set pi-speedup:job NAME\`, or delete it with \`kubectl delete job -n ${namespace} ${own}\` if nobody needs it.`,
  );
}

/** A namespace of that name must be this stack's. */
function refuseForeign(live: V1Namespace | undefined, namespace: string, ours: Readonly<Record<string, string>>): void {
  if (live === undefined) return;
  const labels = live.metadata?.labels ?? {};
  if (Object.entries(ours).some(([key, value]) => labels[key] !== value)) {
    throw new Failure(
      `The namespace «${namespace}» is there already and not this stack's: it is left alone; set another name with \`pulumi config set pi-speedup:namespace NAME\`, or remove it with \`kubectl delete namespace ${namespace}\` if nobody needs it.`,
    );
  }
  if (live.metadata?.deletionTimestamp !== undefined) {
    throw new Failure(
      `The namespace «${namespace}» is being deleted: run \`pulumi up\` again once \`kubectl get namespace ${namespace}\` finds it no more.`,
    );
  }
}
