// Watches the pods of a Job: lists them, follows changes, and lists them again if the watch breaks.
import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import * as v from "valibot";
import { UnusableAnswer } from "../../kubernetes/answers.ts";
import { explainRefusal, isTransient } from "../../kubernetes/explain.ts";
import { listAll, timing } from "../../kubernetes/requests.ts";
import { type Change, watchChanges } from "../../kubernetes/watch.ts";
import { type PodState, readPod } from "./pod-state.ts";

/** Which pods to watch, and who receives the changes. */
export interface PodWatchArgs {
  config: KubeConfig;
  namespace: string;
  labelSelector: string;
  /** Stops the watch. */
  signal: AbortSignal;
  /** Called once, after all existing pods have been reported. From then on, no change is missed. */
  onListed: () => void;
  /** Called for each pod that exists or has changed. */
  onChange: (pod: PodState) => void;
  /** Called for each pod that is gone. */
  onGone: (pod: PodState) => void;
}

/**
 * All existing pods, and the resource version of the list. Each is reduced on arrival, because it contains the whole
 * program, and there may be thousands.
 */
export async function listPods({
  config,
  namespace,
  labelSelector,
  signal,
}: Pick<PodWatchArgs, "config" | "namespace" | "labelSelector"> & { signal?: AbortSignal }) {
  const core = config.makeApiClient(CoreV1Api);
  const { items, version } = await listAll(
    `list the pods of namespace ${namespace}`,
    (page, options) => core.listNamespacedPod({ namespace, labelSelector, ...page }, options),
    { keep: readPod, ended: signal },
  );
  return { pods: items, version };
}

/**
 * Watches until `signal` stops it.
 * @throws Failure if the API server refuses to list or watch, or is away for too long; and any error of `onChange` and
 * `onGone`.
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

/** Seconds after which the server should end a watch, before its silence looks like a broken connection. */
const watchSeconds = 25;

/** Milliseconds. A watch that ends sooner without any change was not real, for example a proxy's empty answer. */
const shortest = 5_000;

/**
 * Follows the changes since that version until the pods must be listed again. If the server ends a watch, the next one
 * continues from the last reported version, because the list of thousands of pods is long.
 */
async function follow(
  args: PodWatchArgs,
  listedVersion: string | undefined,
  known: Map<string, PodState>,
): Promise<void> {
  let version = listedVersion;
  while (!args.signal.aborted) {
    const began = performance.now();
    const { told, ended } = await watchOnce(args, version, known);
    version = told ?? version;
    if (!args.signal.aborted) await sleep(timing.pause, undefined, { signal: args.signal });
    const lasted = told !== undefined || performance.now() - began > shortest;
    if (!ended || !lasted || version === undefined) return;
  }
}

/** One watch. @returns the last reported version, and whether the server ended it properly. */
async function watchOnce(
  { config, namespace, labelSelector, signal, onChange, onGone }: PodWatchArgs,
  resourceVersion: string | undefined,
  known: Map<string, PodState>,
): Promise<{ told: string | undefined; ended: boolean }> {
  const core = config.makeApiClient(CoreV1Api);
  let told: string | undefined;
  let expired = false;
  const handle = ({ type, object }: Change) => {
    // Usually an expired version, after which the changes are unknown.
    if (type === "ERROR") expired = true;
    if (expired) return;
    if (type === "ADDED" || type === "MODIFIED") {
      const pod = readPod(object);
      known.set(pod.name, pod);
      onChange(pod);
    } else if (type === "DELETED") {
      const pod = readPod(object);
      known.delete(pod.name);
      onGone(pod);
    }
    told = versionOf(object) ?? told;
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
  const asked = {
    namespace,
    labelSelector,
    watch: true,
    allowWatchBookmarks: true,
    timeoutSeconds: watchSeconds,
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  try {
    const ended = await watchChanges((options) => core.listNamespacedPod(asked, options), guarded, signal);
    return { told, ended: ended && !expired };
  } catch (error) {
    if (signal.aborted) return { told, ended: false };
    // Errors of the callbacks are not the server's.
    if (fault !== undefined && !(fault.error instanceof UnusableAnswer)) throw fault.error;
    // A watch that breaks off is restarted.
    if (!isTransient(error)) throw explainRefusal(error, `watch the pods of namespace ${namespace}`);
    return { told, ended: false };
  }
}

const versionSchema = v.object({ metadata: v.object({ resourceVersion: v.pipe(v.string(), v.regex(/^\d{1,30}$/)) }) });

/** The resource version of a pod or a bookmark, as a server wrote it. */
function versionOf(object: unknown): string | undefined {
  const parsed = v.safeParse(versionSchema, object);
  return parsed.success ? parsed.output.metadata.resourceVersion : undefined;
}
