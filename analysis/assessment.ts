// A run with everything that is to be said of it.
import type { Finding } from "./checks/finding.ts";
import { runChecks } from "./checks/run-checks.ts";
import { computeMetrics, type Metrics } from "./metrics.ts";
import type { NodeRecord, SingleMachine, Timeline } from "./records.ts";

/** What was recorded of a run, its figures, and what a reader must know about them. */
export interface Assessment {
  nodes: readonly NodeRecord[];
  baseline: SingleMachine;
  metrics: Metrics;
  notes: readonly Finding[];
}

/** From what was recorded to what it means. */
export function assess(
  { nodes, timeline }: { nodes: readonly NodeRecord[]; timeline: Timeline | null },
  baseline: SingleMachine,
): Assessment {
  const run = { nodes, baseline, metrics: computeMetrics(nodes, baseline, timeline) };
  return { ...run, notes: runChecks({ ...run, timeline }) };
}
