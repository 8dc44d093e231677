// The pods of a Job as they come and go: the list, then its changes, and the list again whenever those break off.
import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, type KubeConfig, type V1Pod, Watch } from "@kubernetes/client-node";
import { explainRefusal, isTransientStatus } from "../../kubernetes/explain.ts";
import { retryTransient, timing } from "../../kubernetes/requests.ts";

export interface PodWatchArgs {
  config: KubeConfig;
  namespace: string;
  labelSelector: string;
  /** Ends the watch. */
  signal: AbortSignal;
  /** Hears of each pod that is there or has changed. */
  seen: (pod: V1Pod) => void;
  /** Hears of each pod that is gone. */
  gone: (pod: V1Pod) => void;
}

/** All pods that there are at this moment, and as of which version of the cluster. */
export async function listPods({
  config,
  namespace,
  labelSelector,
}: Pick<PodWatchArgs, "config" | "namespace" | "labelSelector">) {
  const core = config.makeApiClient(CoreV1Api);
  const { items, metadata } = await retryTransient(`list the pods of namespace ${namespace}`, (options) =>
    core.listNamespacedPod({ namespace, labelSelector }, options),
  );
  return { items, version: metadata?.resourceVersion };
}

/**
 * Watches until `signal` ends it.
 * @throws Failure when the API server refuses to list or watch, or is away for longer than our patience; and whatever
 * `seen` and `gone` throw.
 */
export async function watchPods(args: PodWatchArgs): Promise<void> {
  const known = new Map<string, V1Pod>();
  while (!args.signal.aborted) {
    const { items, version } = await listPods(args);
    const names = new Set(items.map(nameOf));
    for (const [name, pod] of known) {
      if (names.has(name)) continue;
      known.delete(name);
      args.gone(pod);
    }
    for (const pod of items) {
      known.set(nameOf(pod), pod);
      args.seen(pod);
    }
    await follow(args, version, known);
  }
}

/** Hears the changes since that version until they break off: by the server, by the network, or by our signal. */
async function follow(
  { config, namespace, labelSelector, signal, seen, gone }: PodWatchArgs,
  resourceVersion: string | undefined,
  known: Map<string, V1Pod>,
): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const hear = (phase: string, pod: V1Pod) => {
    if (phase === "ADDED" || phase === "MODIFIED") {
      known.set(nameOf(pod), pod);
      seen(pod);
    } else if (phase === "DELETED") {
      known.delete(nameOf(pod));
      gone(pod);
    }
    // ERROR, such as a version that has expired, ends the watch, and the list begins anew.
  };
  const changes = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/pods`,
    { labelSelector, resourceVersion },
    (phase, pod: V1Pod) => {
      // The watch swallows what its listener throws.
      try {
        hear(phase, pod);
      } catch (error) {
        reject(error);
      }
    },
    resolve,
  );
  const stop = () => changes.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) stop();
    const error = await promise;
    if (signal.aborted) return;
    const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : undefined;
    if (status !== undefined && !isTransientStatus(status)) {
      throw explainRefusal(error, `watch the pods of namespace ${namespace}`);
    }
    await sleep(timing.pause, undefined, { signal });
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function nameOf(pod: V1Pod): string {
  return pod.metadata?.name ?? "";
}
