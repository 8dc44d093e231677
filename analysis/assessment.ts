// A run with its figures and findings.
import type { Finding } from "./checks/finding.ts";
import { runChecks } from "./checks/run-checks.ts";
import type { CommonWindow } from "./common-window.ts";
import { type Judgement, judge } from "./judgement.ts";
import { type Metrics, metricsOf } from "./metrics.ts";
import type { NodeRecord, SingleMachine, Timeline } from "./records.ts";
import { type JudgedRequirement, judgeRequirements, type Requirement } from "./requirements.ts";
import { timedRun } from "./timed-run.ts";

/** The records of a run, its figures, and what the checks found. */
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
  /** The verdict on each condition; empty if none was set. */
  requirements: readonly JudgedRequirement[];
}

/** Interprets the records of a run. Throws as `timedRun` does. */
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
