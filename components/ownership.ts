// Names and labels by which a stack knows its own, on a cluster and in a Docker that others use too. Pure.
import { createHash, randomBytes } from "node:crypto";
import type { Part } from "../analysis/records.ts";

const stackKey = "pi-speedup/stack";

/** The label of everything that is this stack's alone. @param value which stack: see `drawnValue` and `valueByName`. */
export function stackLabel(value: string): Record<string, string> {
  return { [stackKey]: value };
}

/** Value of that label among others; undefined where there is none, or none that a stack could have. */
export function stackValueIn(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  const value = labels?.[stackKey];
  return value !== undefined && /^[0-9a-f]{16}$/.test(value) ? value : undefined;
}

/**
 * A value that no other stack has, whatever its name and whoever's it is. It is drawn once: the stack's state keeps it with the
 * resources that have the label, so a renamed stack has it still.
 */
export function drawnValue(): string {
  return randomBytes(8).toString("hex");
}

/**
 * The value on a cluster of the stack's own, where nobody else's stack can be. Former releases had it on others' clusters, too;
 * there a stack of somebody else with the same name has the same one.
 */
export function valueByName(project: string, stack: string): string {
  return createHash("sha256").update(`${project}/${stack}`).digest("hex").slice(0, 16);
}

/** Label of a namespace that its administrator has made for stacks to use. */
export const providedLabel = { "pi-speedup/provided": "true" } as const;

/** What the namespace enforces on its pods, by label. */
export const podSecurity = { "pod-security.kubernetes.io/enforce": "restricted" } as const;

/** Name of the Job in which one worker alone does a half of its rounds, beside the Job of that name. */
export function baselineJobName(job: string, part: Part): string {
  return `${job}-baseline-${part}`;
}

const checkSuffix = "-check";

/** Name of the small Job in which all workers are tried, beside the Job of that name. */
export function checkJobName(job: string): string {
  return `${job}${checkSuffix}`;
}

/** Whether a Job of that name may be one in which workers are tried, which no other value of `run` repeats. */
export function mayBeCheckJob(name: string): boolean {
  return name.endsWith(checkSuffix);
}

/** Which point of a scaling study. */
export interface PointIdentity {
  /** From 1 to 99: a pod's host name has at most 63 characters, and what comes after the Job's name has 18 of them. */
  block: number;
  /** How many, at most 9999. */
  workers: number;
}

/** Name of the Job that measures one point of the scaling study, beside the Job of that name. */
export function studyJobName(job: string, { block, workers }: PointIdentity): string {
  return `${job}-study${block}-${workers}`;
}

/** Names of all Jobs that a stack may create. */
export function jobNames(job: string, points: readonly PointIdentity[] = []): string[] {
  const study = points.map((point) => studyJobName(job, point));
  return [job, checkJobName(job), baselineJobName(job, "before"), baselineJobName(job, "after"), ...study];
}

/** The labels of a worker: the tutorial's, and the stack's. */
export function workerLabels(value: string): Record<string, string> {
  return { role: "worker", ...stackLabel(value) };
}

/**
 * Names of the labels of everything in Docker that is a stack's: containers, networks and volumes. By them a later run tells
 * whose it is, before it removes anything.
 */
export const dockerLabel = {
  stack: "pi-speedup.stack",
  /** The checkout's path. */
  folder: "pi-speedup.folder",
  /** That folder itself, wherever it is moved; see components/host/whereabouts.ts. */
  place: "pi-speedup.place",
  /** Name of the host, and number of the user. */
  host: "pi-speedup.host",
  user: "pi-speedup.user",
  /** Drawn once per state. */
  identity: "pi-speedup.identity",
  /** Digest of the nodes' image, where that was pulled. */
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
