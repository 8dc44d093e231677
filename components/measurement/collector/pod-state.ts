// The state of a pod, derived once from the API server's object, and the words for it. The pod may have foreign
// containers, such as a sidecar of a service mesh, so ours are identified by name.

import type { CoreV1Event } from "@kubernetes/client-node";
import * as v from "valibot";
import type { FaultId } from "../../../analysis/fault-ids.js";
import { imageDigest } from "../../../analysis/image-digest.ts";
import { malformed } from "../../kubernetes/answers.ts";
import { type ImageError, imageError } from "../../workload/image-errors.ts";
import { containerName } from "../../workload/job-spec.ts";

/** A pod at one moment. */
export interface PodState {
  name: string;
  namespace: string | undefined;
  uid: string | undefined;
  /** Its completion index; undefined for a pod that does not belong to an Indexed Job. */
  index: number | undefined;
  /** Undefined until it is scheduled. */
  node: string | undefined;
  /** Its controller. */
  owner: { kind: string; name: string; uid: string } | undefined;
  /** `pod NAME on node NAME`, for messages. */
  title: string;
  /** "succeeded": its result can be read. "failed": it will give none. "active": it may still give one. */
  phase: "active" | "succeeded" | "failed";
  /** Why it failed, as the predicate of a sentence about the pod. */
  reason: string | undefined;
  /** It can't start because of a temporary problem, such as a slow SD card or network, and the kubelet is retrying. */
  mayStartLater: boolean;
  /** What it is doing if it is active, for progress and for the message at the time limit. */
  activity: string;
  /** Its deletion was requested. */
  deleted: boolean;
  /** Who requested its deletion, in parentheses after a blank; empty if unknown. */
  disruption: string;
  /** The fault if its end was requested. */
  deletion: FaultId;
  /** The container whose log explains how it ended; undefined if none has ended. */
  endedContainer: string | undefined;
  /** The text of its status, to choose a remedy. */
  symptoms: { image: string; words: string };
  /** Names of running containers that are not ours, such as a sidecar of a service mesh. */
  sidecars: readonly string[];
  /** How a foreign container failed although ours succeeded. This fails the Job. */
  sidecarFailure: string | undefined;
  /** Whether its container is running or has run. */
  started: boolean;
  /**
   * When its container started and ended, in whole seconds since the epoch. They come from its node's clock, so they can be
   * compared with those of another pod on that node. Undefined if it has not happened, or is unknown.
   */
  ran: { from: number | undefined; to: number | undefined };
  /** The digest of its image on its node; null if unknown. */
  digest: string | null;
}

// The fields of a pod that we rely on. A watch does not validate its objects.
const optional = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  );
/** A substring keeps the whole string in memory. */
const copyOf = (text: string) => Buffer.from(text).toString();
/** Text of a status, shortened to a readable length. */
const words = optional(
  v.pipe(
    v.string(),
    v.transform((text) => (text.length > 4_000 ? copyOf(text.slice(0, 4_000)) : text)),
  ),
);
/** Names of pods, nodes and owners, as Kubernetes allows them. */
const identifier = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.:-]{0,252}$/));
const list = <Schema extends v.GenericSchema>(schema: Schema) => optional(v.pipe(v.array(schema), v.maxLength(1_000)));

/** A time as Kubernetes writes it, or as the client returns it in a list. Other values count as unknown. */
const stamp = optional(
  v.pipe(
    v.unknown(),
    v.transform((value) => {
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime() / 1000;
      const time =
        typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? Date.parse(value) : Number.NaN;
      return Number.isNaN(time) ? undefined : time / 1000;
    }),
  ),
);

const containerSchema = v.object({
  name: words,
  image: words,
  imageID: words,
  state: optional(
    v.object({
      running: optional(v.looseObject({ startedAt: stamp })),
      terminated: optional(
        v.object({
          exitCode: optional(v.number()),
          signal: optional(v.number()),
          reason: words,
          message: words,
          startedAt: stamp,
          finishedAt: stamp,
        }),
      ),
      waiting: optional(v.object({ reason: words, message: words })),
    }),
  ),
});
const podSchema = v.object({
  metadata: v.object({
    name: identifier,
    namespace: optional(identifier),
    uid: optional(identifier),
    annotations: optional(v.record(v.string(), v.unknown())),
    labels: optional(v.record(v.string(), v.unknown())),
    ownerReferences: list(
      v.object({ kind: identifier, name: identifier, uid: identifier, controller: optional(v.boolean()) }),
    ),
    deletionTimestamp: optional(v.unknown()),
  }),
  spec: optional(v.object({ nodeName: optional(identifier) })),
  status: optional(
    v.object({
      phase: words,
      reason: words,
      message: words,
      conditions: list(v.object({ type: words, status: words, reason: words, message: words })),
      initContainerStatuses: list(containerSchema),
      containerStatuses: list(containerSchema),
    }),
  ),
});
type PodStatus = v.InferOutput<typeof podSchema>["status"];
type ContainerStatus = v.InferOutput<typeof containerSchema>;

/**
 * Parses a pod.
 * @param value as the API server sent it.
 * @throws UnusableAnswer that names the place if it is not a pod.
 */
export function readPod(value: unknown): PodState {
  const parsed = v.safeParse(podSchema, value);
  if (!parsed.success) throw malformed("the pod", parsed.issues[0]);
  const { metadata, spec, status } = parsed.output;
  const { name } = metadata;
  // An annotation since Indexed Jobs exist, and also a label since Kubernetes 1.28.
  const indexKey = "batch.kubernetes.io/job-completion-index";
  const index = metadata.annotations?.[indexKey] ?? metadata.labels?.[indexKey];
  const measured = named(containerName, status?.containerStatuses);
  const others = (status?.containerStatuses ?? []).filter((each) => each !== measured);
  const decisive = decisiveContainer(measured, status?.initContainerStatuses ?? []);
  const { terminated, waiting } = decisive?.state ?? {};
  const words = [status?.reason, status?.message, terminated?.reason, terminated?.message, waiting?.message];
  const succeeded = status?.phase === "Succeeded" || measured?.state?.terminated?.exitCode === 0;
  const reason = succeeded ? undefined : failureReason(status, measured, decisive);
  const pod: PodState = {
    name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    index: typeof index === "string" && /^\d{1,9}$/.test(index) ? Number(index) : undefined,
    node: spec?.nodeName,
    owner: metadata.ownerReferences?.find(({ controller }) => controller),
    title: `pod ${name} on node ${spec?.nodeName ?? "(none yet)"}`,
    phase: succeeded ? "succeeded" : reason === undefined ? "active" : "failed",
    reason,
    mayStartLater: !succeeded && status?.phase !== "Failed" && mayPass(decisive),
    activity: activityOf(status, measured),
    deleted: false,
    disruption: disruptionOf(status),
    deletion: deletionFault(conditionOf(status, "DisruptionTarget", "True")?.reason),
    endedContainer: terminated && decisive?.name,
    symptoms: { image: decisive?.image ?? "", words: [...words, waiting?.reason].join(" ") },
    sidecars: others.filter(({ state }) => state?.running !== undefined).map(({ name }) => containerTitle(name)),
    sidecarFailure: succeeded ? failureOf(others) : undefined,
    ran: {
      from: (measured?.state?.terminated ?? measured?.state?.running)?.startedAt,
      to: measured?.state?.terminated?.finishedAt,
    },
    started: measured?.state?.running !== undefined || measured?.state?.terminated !== undefined,
    digest: imageDigest(measured?.imageID ?? ""),
  };
  return metadata.deletionTimestamp === undefined ? pod : asDeleted(pod);
}

/** The same pod after its deletion was requested: it gives no result any more, unless it already had one. */
export function asDeleted(pod: PodState): PodState {
  if (pod.phase !== "active") return { ...pod, deleted: true };
  return { ...pod, deleted: true, phase: "failed", reason: `was deleted before it ended${pod.disruption}` };
}

/**
 * In a normal start, a container only waits for these reasons. After a first failed pull, the kubelet tries again and then
 * reports more. Any other reason is a problem, even one that only another kubelet uses.
 */
const isTrouble = (reason: string | undefined) =>
  reason !== undefined && !["ContainerCreating", "PodInitializing", "ErrImagePull"].includes(reason);

/** Problems that are permanent unless the runtime's message suggests otherwise. */
const permanent = new Set(["InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"]);

/**
 * Messages of a runtime whose next attempt may succeed: a timeout, a broken connection, a registry that asks for a later
 * attempt, or an abandoned attempt that is still running.
 */
const passing =
  /deadline exceeded|\btimed? ?out\b|\btimeout\b|connection reset|unexpected EOF|too ?many ?requests|\b(?:429|502|503|504)\b|is reserved for/i;

/**
 * Messages of a runtime whose next attempt will also fail, for example for an unknown image. Other messages get some
 * attempts, because each runtime has its own.
 */
const hopeless =
  /not found|no such file|unknown|denied|unauthorized|forbidden|no match(?:ing manifest)? for|exec format|invalid|does not exist|not permitted/i;

function mayPass(container: ContainerStatus | undefined): boolean {
  const { reason, message = "" } = container?.state?.waiting ?? {};
  if (!isTrouble(reason) && reason !== "ErrImagePull") return false;
  return passing.test(message) || !(permanent.has(reason ?? "") || hopeless.test(message));
}

/** Whether a pod waits before it is to pull again, without a word of why. */
export function isBareBackOff({ symptoms }: Pick<PodState, "symptoms">): boolean {
  return /Back-off pulling image "[^"]*" ImagePullBackOff$/.test(symptoms.words);
}

/** Why an image could not be pulled, from the pod's events, if its status does not say; empty if unknown. */
export function pullFailureIn(events: readonly Pick<CoreV1Event, "reason" | "message">[]): string {
  const told = events.findLast(({ reason, message }) => reason === "Failed" && /^Failed to pull/.test(message ?? ""));
  return told?.message ? ` (${told.message})` : "";
}

/**
 * The container that represents the pod: the measured one once it has started, and before that any earlier one, such as
 * a sidecar's, that failed or can't start.
 */
function decisiveContainer(
  measured: ContainerStatus | undefined,
  before: readonly ContainerStatus[],
): ContainerStatus | undefined {
  if (measured?.state?.running || measured?.state?.terminated) return measured;
  const failed = before.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  return failed ?? before.find(({ state }) => isTrouble(state?.waiting?.reason)) ?? measured;
}

/** The first of these containers that failed, and how. */
function failureOf(others: readonly ContainerStatus[]): string | undefined {
  const failed = others.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  return failed && `${containerTitle(failed.name)} ended with exit code ${failed.state?.terminated?.exitCode}`;
}

/** Text that is not a valid container name is not repeated. */
function containerTitle(name: string | undefined): string {
  return name !== undefined && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name) ? `"${name}"` : "one without a name";
}

function named(name: string, containers: readonly ContainerStatus[] | undefined): ContainerStatus | undefined {
  return containers?.find((container) => container.name === name);
}

/** Why the pod will give no result, or undefined if it still may. */
function failureReason(
  status: PodStatus,
  measured: ContainerStatus | undefined,
  decisive: ContainerStatus | undefined,
): string | undefined {
  if (status?.phase === "Failed" || hasCrashed(measured)) {
    const { exitCode, reason, signal, message } = decisive?.state?.terminated ?? {};
    const cause = status?.reason ?? (reason === "Error" ? undefined : reason);
    const code = exitCode === undefined ? undefined : `exit code ${exitCode}${signal ? ` (signal ${signal})` : ""}`;
    const words = (status?.message ?? message)?.trim().replace(/\.$/, "");
    return `failed: ${[cause, code, words].filter(Boolean).join(", ") || "no reason given"}`;
  }
  const waiting = decisive?.state?.waiting;
  if (waiting === undefined || !isTrouble(waiting.reason)) return undefined;
  return `cannot start: ${waiting.reason}${waiting.message ? ` (${waiting.message})` : ""}`;
}

/**
 * Whether a container failed by itself. Its pod is then lost, even if a sidecar keeps it running until the deadline. A
 * container that was stopped by a signal proves nothing yet: the pod's own phase will give the reason.
 */
function hasCrashed(container: ContainerStatus | undefined): boolean {
  const { exitCode = 0, reason } = container?.state?.terminated ?? {};
  const stopped = exitCode === 128 + 9 || exitCode === 128 + 15;
  return exitCode !== 0 && (!stopped || reason === "OOMKilled");
}

/** Who ends pods, by the reason in the condition DisruptionTarget. */
const disruptions: Record<string, string> = {
  DeletionByTaintManager: "its node stopped answering, or was given a taint",
  DeletionByPodGC: "its node is gone",
  EvictionByEvictionAPI: "somebody evicted it, as `kubectl drain` does",
  PreemptionByScheduler: "a pod of higher priority took its place",
  TerminationByKubelet: "its node ran short of something, or is shutting down",
};

/** The fault for a pod's requested end, by the reason in a condition or an event. */
function deletionFault(reason: string | undefined): FaultId {
  if (/^(DeletionByTaintManager|DeletionByPodGC|TaintManagerEviction)$/.test(reason ?? "")) return "node-died";
  return reason === "EvictionByEvictionAPI" ? "pod-drained" : "pod-deleted";
}

function disruptionOf(status: PodStatus): string {
  const condition = conditionOf(status, "DisruptionTarget", "True");
  if (condition === undefined) return "";
  const words = [disruptions[condition.reason ?? ""], condition.message ?? condition.reason].filter(Boolean);
  return ` (${words.join(": ")})`;
}

function activityOf(status: PodStatus, measured: ContainerStatus | undefined): string {
  const waiting = measured?.state?.waiting?.reason;
  if (waiting !== undefined) return waiting;
  const unscheduled = conditionOf(status, "PodScheduled", "False");
  if (unscheduled !== undefined)
    return `not scheduled: ${unscheduled.message ?? unscheduled.reason ?? "no reason given"}`;
  return (status?.phase ?? "unknown").toLowerCase();
}

function conditionOf(status: PodStatus, type: string, value?: "True" | "False") {
  return status?.conditions?.find((each) => each.type === type && (value === undefined || each.status === value));
}

const imageFaults: Record<ImageError["kind"], FaultId> = {
  "without-python": "pod-without-python",
  architecture: "pod-architecture",
  "old-python": "pod-old-python",
  missing: "pod-image-missing",
};

/**
 * The fault and the remedy for a failed pod, by the signs of the usual causes. The remedy is empty if there is no
 * particular one.
 * @param said its log and its events.
 */
export function faultOf(
  { symptoms, deleted, deletion, reason }: PodState,
  said: string,
): { id: FaultId; remedy: string } {
  const signs = `${symptoms.words} ${said}`;
  const image = imageError(symptoms.image, signs);
  if (image !== undefined) return { id: imageFaults[image.kind], remedy: image.remedy };
  if (/OOMKilled/.test(signs)) {
    return { id: "pod-out-of-memory", remedy: "Give the node more memory, or set fewer pi-speedup:processes." };
  }
  if (/DeadlineExceeded/.test(signs)) {
    return { id: "pod-timed-out", remedy: "Raise pi-speedup:timeout or lower pi-speedup:samples." };
  }
  if (deleted) return { id: deletion, remedy: "" };
  if (reason?.startsWith("failed: Evicted")) return { id: "pod-evicted", remedy: "Free what the node is short of." };
  if (reason?.startsWith("cannot begin")) return { id: "pod-unbegun", remedy: "" };
  return { id: reason?.startsWith("cannot start") ? "pod-not-started" : "pod-crashed", remedy: "" };
}

/** Reasons of a pod's events that explain its end, if its status has no condition for that (before Kubernetes 1.26). */
const endings = new Set(["Preempted", "Preempting", "Evicted", "TaintManagerEviction", "NodeShutdown"]);

/** The reason for a pod's end from its events, in parentheses after a blank, and its fault; undefined if unknown. */
export function endingIn(
  events: readonly Pick<CoreV1Event, "reason" | "message">[],
): { why: string; fault: FaultId } | undefined {
  const told = events.findLast(({ reason }) => endings.has(reason ?? ""));
  if (told === undefined) return undefined;
  return { why: ` (${[told.reason, told.message].filter(Boolean).join(": ")})`, fault: deletionFault(told.reason) };
}

/** The fields of an event that we rely on. */
export const eventSchema = v.object({
  involvedObject: v.object({ uid: optional(v.string()), fieldPath: optional(v.string()) }),
  reason: optional(v.string()),
  message: words,
  count: optional(v.number()),
  series: optional(v.object({ count: optional(v.number()) })),
});
/** The relevant part of an event: which pod's container got its image, and how. */
export type PullEvent = Pick<CoreV1Event, "reason" | "message"> & {
  involvedObject: Pick<CoreV1Event["involvedObject"], "uid" | "fieldPath">;
};

/**
 * The part of an event to keep; undefined if it does not concern a pull. @throws UnusableAnswer if it is not an event.
 */
export function readPullEvent(value: unknown): PullEvent | undefined {
  const parsed = v.safeParse(eventSchema, value);
  if (!parsed.success) throw malformed("the event", parsed.issues[0]);
  const { involvedObject, reason, message } = parsed.output;
  const { uid, fieldPath } = involvedObject;
  if (reason !== "Pulled" || uid === undefined) return undefined;
  return {
    involvedObject: { uid, ...(fieldPath !== undefined && { fieldPath }) },
    reason,
    ...(message !== undefined && { message }),
  };
}

/**
 * Seconds that a pod's image took to arrive: 0 if it was present, null if no event says.
 * @param events of that pod.
 */
export function pullSeconds(pod: Pick<PodState, "uid">, events: readonly PullEvent[]): number | null {
  const own = events.filter(({ involvedObject }) => involvedObject.uid === pod.uid);
  const pulled = own.filter(({ reason }) => reason === "Pulled");
  const ours = pulled.find(({ involvedObject }) => involvedObject.fieldPath === `spec.containers{${containerName}}`);
  const message = (ours ?? pulled.find(({ involvedObject }) => involvedObject.fieldPath === undefined))?.message ?? "";
  if (message.includes("already present")) return 0;
  const [, hours, minutes, seconds, milliseconds] =
    /\bin (?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4}(?:\.\d+)?)s|(\d{1,4}(?:\.\d+)?)ms)/.exec(message) ?? [];
  if (seconds === undefined && milliseconds === undefined) return null;
  const whole = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60;
  // Whole milliseconds, like everything in the timeline.
  return Math.round((whole + Number(seconds ?? 0)) * 1000 + Number(milliseconds ?? 0)) / 1000;
}
