// A run with everything that is to be said of it.
import type { Finding } from "./checks/finding.ts";
import { runChecks } from "./checks/run-checks.ts";
import type { CommonWindow } from "./common-window.ts";
import { type Judgement, judge } from "./judgement.ts";
import { type Metrics, metricsOf } from "./metrics.ts";
import type { NodeRecord, SingleMachine, Timeline } from "./records.ts";
import { type JudgedRequirement, judgeRequirements, type Requirement } from "./requirements.ts";
import { timedRun } from "./timed-run.ts";

/** What was recorded of a run, its figures, what a reader must know about them, and what is to be thought of them. */
export interface Assessment {
  /** By index. */
  nodes: readonly NodeRecord[];
  baseline: SingleMachine;
  timeline: Timeline | null;
  /** Which rounds count, in the order of `nodes`. */
  window: CommonWindow;
  metrics: Metrics;
  notes: readonly Finding[];
  judgement: Judgement;
  /** What the run says of the conditions that were set; none where none was. */
  requirements: readonly JudgedRequirement[];
}

/** From what was recorded to what it means. Throws as `timedRun` does. */
export function assess(
  { nodes: records, timeline }: { nodes: readonly NodeRecord[]; timeline: Timeline | null },
  baseline: SingleMachine,
  requirements: readonly Requirement[] = [],
): Assessment {
  const nodes = records.toSorted((a, b) => a.index - b.index);
  const timed = timedRun(nodes, baseline, timeline);
  const metrics = metricsOf(timed);
  const notes = runChecks({ nodes, baseline, timeline, timed, metrics });
  const judgement = judge(notes, metrics, timed.roundsPerWorker);
  return {
    nodes,
    baseline,
    timeline,
    window: timed.window,
    metrics,
    notes,
    judgement,
    requirements: judgeRequirements(requirements, { metrics, baseline, judgement }),
  };
}
