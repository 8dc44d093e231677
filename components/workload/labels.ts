// By what a stack knows its own on a cluster that others use too. Pure.
import { createHash } from "node:crypto";

/** The label of everything that is this stack's alone. */
export function stackLabel(project: string, stack: string): Record<string, string> {
  return { "pi-speedup/stack": createHash("sha256").update(`${project}/${stack}`).digest("hex").slice(0, 16) };
}

/** The labels of a worker: the tutorial's, and the stack's. */
export function workerLabels(project: string, stack: string): Record<string, string> {
  return { role: "worker", ...stackLabel(project, stack) };
}
