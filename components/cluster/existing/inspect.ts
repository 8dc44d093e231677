// What a cluster that the stack has not made is asked before anything is created on it, in preview too. One of the two
// doors to the API server; it only reads. Besides, a preview runs the user's ssh where the kubeconfig is read by it, and
// the kubeconfig's program for credentials; and Pulumi's plugin reads, and rehearses what it would do (`dryRun=All`).
import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  type V1Job,
  type V1Namespace,
  type V1Node,
} from "@kubernetes/client-node";
import pLimit from "p-limit";
import { Failure } from "../../failure.js";
import type { Access } from "../../kubernetes/access.ts";
import { explainApiError } from "../../kubernetes/explain.ts";
import { type Choice, chooseWorkers } from "./nodes.ts";

export interface InspectArgs {
  /** Names of the nodes that take part; none: all that can. */
  workers: readonly string[];
  /** Labels that they will bear. */
  labels: Readonly<Record<string, string>>;
  /** Namespace that will be created. */
  namespace: string;
  /** Names of the Jobs that will be created in it. */
  jobs: readonly string[];
  /** Label by which that namespace, and the pods of those Jobs, are known as this stack's, where they are there already. */
  ours: Readonly<Record<string, string>>;
}

export interface Inspection extends Choice {
  /** Same value: same cluster, whatever its address and credentials. */
  identifier: string;
}

/** Requests at once, where there is one for each node. */
const atOnce = 10;
const seconds = 30;

/**
 * Asks the cluster who it is and whether its nodes can do the work.
 * @throws Failure when it can't be reached, lets us not in, or something is not as the deployment needs it.
 */
export async function inspect(
  access: Access,
  { workers, labels, namespace, jobs, ours }: InspectArgs,
): Promise<Inspection> {
  const config = new KubeConfig();
  config.loadFromString(access.kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const ask = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await inTime(call());
    } catch (error) {
      throw explainApiError(error, what, access, config);
    }
  };
  // Alone: it tells whether there is a way at all, and credentials are asked for once.
  const system = await ask("read the namespace kube-system", () => api.readNamespace({ name: "kube-system" }));
  const live = await ask(`read the namespace ${namespace}`, () => ifThere(api.readNamespace({ name: namespace })));
  refuseForeign(live, namespace, ours);
  if (live !== undefined) {
    const batch = config.makeApiClient(BatchV1Api);
    for (const name of jobs) {
      const job = await ask(`read the Job ${namespace}/${name}`, () =>
        ifThere(batch.readNamespacedJob({ name, namespace })),
      );
      if (job !== undefined) refuseForeignJob(job, `${namespace}/${name}`, ours);
    }
  }
  const nodes = await ask("read the nodes", () =>
    workers.length === 0
      ? api.listNode().then(({ items }) => items)
      : readNodes(workers, (name) => ifThere(api.readNode({ name }))),
  );
  return { identifier: system.metadata?.uid ?? "", ...chooseWorkers(nodes, workers, labels) };
}

/** One by one, so that the right to read these nodes is enough. */
async function readNodes(
  names: readonly string[],
  read: (name: string) => Promise<V1Node | undefined>,
): Promise<V1Node[]> {
  const nodes = await pLimit(atOnce).map(names, read);
  return nodes.filter((node) => node !== undefined);
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${seconds} s`);
      error.name = "TimeoutError";
      reject(error);
    }, seconds * 1000);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
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
