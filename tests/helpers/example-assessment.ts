// Assessments for tests of texts: the figures are computed, the findings come from the test.
import type { Assessment } from "../../analysis/assessment.ts";
import type { Finding } from "../../analysis/checks/finding.ts";
import { judge } from "../../analysis/judgement.ts";
import { metricsOf } from "../../analysis/metrics.ts";
import type { NodeRecord, SingleMachine, Timeline } from "../../analysis/records.ts";
import { timedRun } from "../../analysis/timed-run.ts";

/** A run's assessment if its checks find this; by default nothing. */
export function assessmentOf(
  nodes: readonly NodeRecord[],
  baseline: SingleMachine,
  timeline: Timeline | null = null,
  notes: readonly Finding[] = [],
): Assessment {
  const timed = timedRun(nodes, baseline, timeline);
  const metrics = metricsOf(timed);
  const judgement = judge(notes, metrics, timed.roundsPerWorker);
  return { nodes, baseline, timeline, window: timed.window, metrics, notes, judgement, requirements: [] };
}

/** A finding that makes the run doubtful. */
export const doubt: Finding = { check: "a doubt", text: "Something disturbed this run.", doubtful: true };
