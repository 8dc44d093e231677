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
export function workerLabels(project: string, stack: string): Record<string, string> {
  return { role: "worker", ...stackLabel(project, stack) };
}

/** Names of the labels of every container that is a stack's. */
export const dockerLabel = { stack: "pi-speedup.stack", folder: "pi-speedup.folder" } as const;

/**
 * The labels of a stack's container, as `name=value`. They let a later run tell whose it is, and whether its checkout is
 * still there.
 */
export function dockerLabels(stack: string, folder: string): string[] {
  return [`${dockerLabel.stack}=${stack}`, `${dockerLabel.folder}=${folder}`];
}
