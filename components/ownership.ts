// Names and labels by which a stack knows its own, on a cluster and in a Docker that others use too. Pure.
import { createHash } from "node:crypto";
import type { Part } from "../analysis/records.ts";

/** The label of everything that is this stack's alone. */
export function stackLabel(project: string, stack: string): Record<string, string> {
  return { "pi-speedup/stack": createHash("sha256").update(`${project}/${stack}`).digest("hex").slice(0, 16) };
}

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

/** Names of all Jobs that a stack may create. */
export function jobNames(job: string): string[] {
  return [job, checkJobName(job), baselineJobName(job, "before"), baselineJobName(job, "after")];
}

/** The labels of a worker: the tutorial's, and the stack's. */
export function workerLabels(project: string, stack: string): Record<string, string> {
  return { role: "worker", ...stackLabel(project, stack) };
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
