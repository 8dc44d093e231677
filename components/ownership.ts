// Names and labels by which a stack recognizes its own objects, on a cluster and in a Docker that others use too. Pure.
import { createHash, randomBytes } from "node:crypto";
import type { Part } from "../analysis/records.ts";

const stackKey = "pi-speedup/stack";

/**
 * The label of everything that belongs to this stack alone. @param value identifies the stack: see `drawnValue` and
 * `valueByName`.
 */
export function stackLabel(value: string): Record<string, string> {
  return { [stackKey]: value };
}

/** The value of that label among others; undefined if there is none, or none that a stack could have. */
export function stackValueIn(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  const value = labels?.[stackKey];
  return value !== undefined && /^[0-9a-f]{16}$/.test(value) ? value : undefined;
}

/**
 * A random value that no other stack has, whatever its name and owner. It is drawn only once. The stack's state keeps
 * it with the resources that have the label, so a renamed stack keeps it.
 */
export function drawnValue(): string {
  return randomBytes(8).toString("hex");
}

/**
 * The value on the stack's own cluster, where no other stack can be. Earlier releases also used it on other clusters,
 * where another user's stack with the same name has the same value.
 */
export function valueByName(project: string, stack: string): string {
  return createHash("sha256").update(`${project}/${stack}`).digest("hex").slice(0, 16);
}

/** Label of a namespace that its administrator created for stacks to use. */
export const providedLabel = { "pi-speedup/provided": "true" } as const;

/** The Pod Security standard that the namespace enforces, as a label. */
export const podSecurity = { "pod-security.kubernetes.io/enforce": "restricted" } as const;

/** Name of the Job in which one worker alone runs a half of its rounds, derived from the Job's name. */
export function baselineJobName(job: string, part: Part): string {
  return `${job}-baseline-${part}`;
}

const checkSuffix = "-check";

/** Name of the small Job that tests all workers, derived from the Job's name. */
export function checkJobName(job: string): string {
  return `${job}${checkSuffix}`;
}

/** Whether a Job with that name may be one that tests workers. Another value of `run` does not repeat it. */
export function mayBeCheckJob(name: string): boolean {
  return name.endsWith(checkSuffix);
}

/** Identifies a point of a scaling study. */
export interface PointIdentity {
  /** From 1 to 99. A pod's host name has at most 63 characters, and the suffix of the Job's name uses 18 of them. */
  block: number;
  /** How many, at most 9999. */
  workers: number;
}

/** Name of the Job that measures one point of the scaling study, derived from the Job's name. */
export function studyJobName(job: string, { block, workers }: PointIdentity): string {
  return `${job}-study${block}-${workers}`;
}

/** Names of all Jobs that a stack may create. */
export function jobNames(job: string, points: readonly PointIdentity[] = []): string[] {
  const study = points.map((point) => studyJobName(job, point));
  return [job, checkJobName(job), baselineJobName(job, "before"), baselineJobName(job, "after"), ...study];
}

/** The labels of a worker: the tutorial's and the stack's. */
export function workerLabels(value: string): Record<string, string> {
  return { role: "worker", ...stackLabel(value) };
}

/**
 * Names of the labels on all of a stack's Docker objects: containers, networks and volumes. A later run identifies
 * their owner by these labels before it removes anything.
 */
export const dockerLabel = {
  stack: "pi-speedup.stack",
  /** The checkout's path. */
  folder: "pi-speedup.folder",
  /** The folder itself, even after it was moved; see components/host/whereabouts.ts. */
  place: "pi-speedup.place",
  /** Name of the host, and numeric user id. */
  host: "pi-speedup.host",
  user: "pi-speedup.user",
  /** Random, one per state. */
  identity: "pi-speedup.identity",
  /** Digest of the nodes' image, if it was pulled. */
  digest: "pi-speedup.digest",
} as const;

/** Values of these labels. */
export type DockerLabels = Partial<Record<keyof typeof dockerLabel, string>>;

/** Labels as `name=value`; those without a value are left out. */
export function dockerLabels(values: DockerLabels): string[] {
  return Object.entries(dockerLabel).flatMap(([key, label]) => {
    const value = values[key as keyof typeof dockerLabel]; // its own key
    return value ? [`${label}=${value}`] : [];
  });
}
