// The pods of a Job as they come and go: the list, then its changes, and the list again whenever those break off.
import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { readPages, UnusableAnswer } from "../../kubernetes/answers.ts";
import { explainRefusal, isTransient } from "../../kubernetes/explain.ts";
import { retryTransient, timing } from "../../kubernetes/requests.ts";
import { type Change, watchChanges } from "../../kubernetes/watch.ts";
import { type PodState, readPod } from "./pod-state.ts";

/** Which pods to watch, and who is told of them. */
export interface PodWatchArgs {
  config: KubeConfig;
  namespace: string;
  labelSelector: string;
  /** Ends the watch. */
  signal: AbortSignal;
  /** Called once, when the pods that there are have been told: from then on nothing that happens is missed. */
  onListed: () => void;
  /** Called for each pod that is there or has changed. */
  onChange: (pod: PodState) => void;
  /** Called for each pod that is gone. */
  onGone: (pod: PodState) => void;
}

/** All pods that there are at this moment, and as of which version of the cluster. */
export async function listPods({
  config,
  namespace,
  labelSelector,
}: Pick<PodWatchArgs, "config" | "namespace" | "labelSelector">) {
  const core = config.makeApiClient(CoreV1Api);
  return retryTransient(`list the pods of namespace ${namespace}`, async (options) => {
    const { items, version } = await readPages((page) =>
      core.listNamespacedPod({ namespace, labelSelector, ...page }, options),
    );
    return { pods: items.map(readPod), version };
  });
}

/**
 * Watches until `signal` ends it.
 * @throws Failure when the API server refuses to list or watch, or is away for too long; and whatever `onChange` and
 * `onGone` throw.
 */
export async function watchPods(args: PodWatchArgs): Promise<void> {
  const known = new Map<string, PodState>();
  let listed = false;
  while (!args.signal.aborted) {
    const { pods, version } = await listPods(args);
    const names = new Set(pods.map(({ name }) => name));
    for (const [name, pod] of known) {
      if (names.has(name)) continue;
      known.delete(name);
      args.onGone(pod);
    }
    for (const pod of pods) {
      known.set(pod.name, pod);
      args.onChange(pod);
    }
    if (!listed) args.onListed();
    listed = true;
    await follow(args, version, known);
  }
}

/** Follows the changes since that version until they break off: by the server, by the network, or by our signal. */
async function follow(
  { config, namespace, labelSelector, signal, onChange, onGone }: PodWatchArgs,
  resourceVersion: string | undefined,
  known: Map<string, PodState>,
): Promise<void> {
  if (signal.aborted) return;
  const core = config.makeApiClient(CoreV1Api);
  const handle = ({ type, object }: Change) => {
    if (type === "ADDED" || type === "MODIFIED") {
      const pod = readPod(object);
      known.set(pod.name, pod);
      onChange(pod);
    } else if (type === "DELETED") {
      const pod = readPod(object);
      known.delete(pod.name);
      onGone(pod);
    }
    // ERROR, such as a version that has expired, ends the watch, and the pods are listed again.
  };
  let fault: { error: unknown } | undefined;
  const guarded = (change: Change) => {
    try {
      handle(change);
    } catch (error) {
      fault = { error };
      throw error;
    }
  };
  const asked = { namespace, labelSelector, watch: true, ...(resourceVersion !== undefined && { resourceVersion }) };
  try {
    await watchChanges((options) => core.listNamespacedPod(asked, options), guarded, signal);
  } catch (error) {
    if (signal.aborted) return;
    // What those who are told throw is no fault of the server's.
    if (fault !== undefined && !(fault.error instanceof UnusableAnswer)) throw fault.error;
    // What broke off by itself is taken up again.
    if (!isTransient(error)) throw explainRefusal(error, `watch the pods of namespace ${namespace}`);
  }
  if (!signal.aborted) await sleep(timing.pause, undefined, { signal });
}
