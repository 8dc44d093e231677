// A run with everything that is to be said of it. Pure.
import { examine, type Note } from "./checks.ts";
import { type Metrics, measure, type SingleMachine } from "./metrics.ts";
import type { NodeRecord, Timeline } from "./records.ts";

export interface Measured {
  nodes: readonly NodeRecord[];
  baseline: SingleMachine;
  metrics: Metrics;
  notes: readonly Note[];
}

/** From what was recorded to what it means. */
export function assess(
  { nodes, timeline }: { nodes: readonly NodeRecord[]; timeline: Timeline | null },
  baseline: SingleMachine,
): Measured {
  const run = { nodes, baseline, metrics: measure(nodes, baseline, timeline) };
  return { ...run, notes: examine({ ...run, timeline }) };
}
