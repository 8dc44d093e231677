// What a pod's status says, in the words of this program. Pure.
import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { PodTimes } from "../../../analysis/records.ts";
import { imageRemedy } from "../../workload/image-errors.ts";

/** Which part of the Job a pod does; undefined for a pod that is not of an Indexed Job. */
export function completionIndex(pod: V1Pod): number | undefined {
  const index = pod.metadata?.annotations?.["batch.kubernetes.io/job-completion-index"];
  return index === undefined ? undefined : Number(index);
}

/** `pod NAME on node NAME`, for messages. */
export function describe(pod: V1Pod): string {
  return `pod ${pod.metadata?.name ?? "?"} on node ${pod.spec?.nodeName ?? "(none yet)"}`;
}

/** Reasons for which a container waits that no patience mends. */
const hopeless = new Set([
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

/** The container that computes a few samples first, when it failed. */
export function failedCheck(pod: V1Pod): V1ContainerStatus | undefined {
  return pod.status?.initContainerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
}

/** The container that tells how the pod fares: the measured one, or the check before it while that is what it hangs on. */
function telling(pod: V1Pod): V1ContainerStatus | undefined {
  const unready = pod.status?.initContainerStatuses?.find(({ state }) => hopeless.has(state?.waiting?.reason ?? ""));
  return failedCheck(pod) ?? unready ?? pod.status?.containerStatuses?.[0];
}

/** Why this pod will give no result, or undefined while it still may. */
export function failureOf(pod: V1Pod): string | undefined {
  const state = telling(pod)?.state;
  if (pod.status?.phase === "Succeeded") return undefined;
  if (pod.status?.phase === "Failed") {
    const { exitCode, reason, signal, message } = state?.terminated ?? {};
    const cause = pod.status.reason ?? (reason === "Error" ? undefined : reason);
    const code = exitCode === undefined ? undefined : `exit code ${exitCode}${signal ? ` (signal ${signal})` : ""}`;
    const words = (pod.status.message ?? message)?.trim().replace(/\.$/, "");
    return `failed: ${[cause, code, words].filter(Boolean).join(", ") || "no reason given"}`;
  }
  const waiting = state?.waiting;
  if (waiting?.reason !== undefined && hopeless.has(waiting.reason)) {
    return `can't start: ${waiting.reason}${waiting.message ? ` (${waiting.message})` : ""}`;
  }
  return isDeleted(pod) ? `was deleted before it ended${disruptionOf(pod)}` : undefined;
}

/** Somebody or something has asked for the pod's end. */
export function isDeleted(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** Who ends pods, by the reason in the condition DisruptionTarget. */
const disruptions: Record<string, string> = {
  DeletionByTaintManager: "its node stopped answering, or was given a taint",
  DeletionByPodGC: "its node is gone",
  EvictionByEvictionAPI: "somebody evicted it, as `kubectl drain` does",
  PreemptionByScheduler: "a pod of higher priority took its place",
  TerminationByKubelet: "its node ran short of something, or is shutting down",
};

function disruptionOf(pod: V1Pod): string {
  const condition = pod.status?.conditions?.find(
    ({ type, status }) => type === "DisruptionTarget" && status === "True",
  );
  if (condition === undefined) return "";
  const words = [disruptions[condition.reason ?? ""], condition.message ?? condition.reason].filter(Boolean);
  return ` (${words.join(": ")})`;
}

/**
 * What helps against a pod's failure, by the signs of the usual causes; undefined where nothing in particular does.
 * @param lastWords what its log says.
 */
export function remedyFor(pod: V1Pod, lastWords: string): string | undefined {
  const { terminated, waiting } = telling(pod)?.state ?? {};
  const told = [pod.status?.reason, pod.status?.message, terminated?.reason, terminated?.message, waiting?.message];
  const signs = [...told, waiting?.reason, lastWords].join(" ");
  const image = imageRemedy(telling(pod)?.image ?? "", signs);
  if (image !== undefined) return image;
  if (/OOMKilled/.test(signs)) return "give the node more memory, or set fewer pi-speedup:processes";
  if (/DeadlineExceeded/.test(signs)) return "raise pi-speedup:timeout or lower pi-speedup:samples";
  return undefined;
}

/** What a pod that has not ended is doing, for progress and for the message when time is up. */
export function progressOf(pod: V1Pod): string {
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
  if (pod.status?.initContainerStatuses?.some(({ state }) => state?.running)) return "checking with a few samples";
  if (waiting?.reason !== undefined) return waiting.reason;
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled !== undefined)
    return `not scheduled: ${unscheduled.message ?? unscheduled.reason ?? "no reason given"}`;
  return (pod.status?.phase ?? "unknown").toLowerCase();
}

/** When a pod was scheduled, started and finished, by its status; the pull by its events. */
export function timesOf(pod: V1Pod, events: readonly CoreV1Event[]): PodTimes {
  const terminated = pod.status?.containerStatuses?.[0]?.state?.terminated;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled")?.lastTransitionTime;
  return {
    index: completionIndex(pod) ?? -1,
    scheduled: epochSeconds(scheduled),
    started: epochSeconds(terminated?.startedAt),
    finished: epochSeconds(terminated?.finishedAt),
    pull: pullSeconds(events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata?.uid)),
  };
}

/** Seconds that the image took to arrive: 0 when it was there, null when no event tells. */
export function pullSeconds(events: readonly CoreV1Event[]): number | null {
  const message = events.find(({ reason }) => reason === "Pulled")?.message ?? "";
  if (message.includes("already present")) return 0;
  const [, minutes, seconds, milliseconds] =
    /\bin (?:(\d+)m)?(?:(\d+(?:\.\d+)?)s|(\d+(?:\.\d+)?)ms)/.exec(message) ?? [];
  if (seconds === undefined && milliseconds === undefined) return null;
  return Number(minutes ?? 0) * 60 + Number(seconds ?? 0) + Number(milliseconds ?? 0) / 1000;
}

export function epochSeconds(time: Date | undefined): number | null {
  return time === undefined ? null : new Date(time).getTime() / 1000;
}
