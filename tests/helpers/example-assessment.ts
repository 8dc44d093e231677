// Assessments for tests that speak of texts: the figures are computed, the findings are those of the test alone.
import type { Assessment } from "../../analysis/assessment.ts";
import type { Finding } from "../../analysis/checks/finding.ts";
import { judge } from "../../analysis/judgement.ts";
import { metricsOf } from "../../analysis/metrics.ts";
import type { NodeRecord, SingleMachine, Timeline } from "../../analysis/records.ts";
import { timedRun } from "../../analysis/timed-run.ts";

/** What a run means if its checks find this: nothing, unless given. */
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

/** A finding that casts doubt. */
export const doubt: Finding = { check: "a doubt", text: "Something disturbed this run.", doubtful: true };
