// The points of the stack's scaling study, once its workers are known. Pure.

import { Failure } from "../../analysis/failure.js";
import { countsOf, studyPlan, studyRefusal } from "../../analysis/scaling/plan.ts";
import type { PlannedPoint, ScalingKind } from "../../analysis/scaling/study-records.ts";
import type { Settings, Workload } from "../config.ts";

/** A worker's share is a whole number. With this many samples, rounding changes it by less than a thousandth. */
const fewestSamples = 1000;

/**
 * Refuses a study that is impossible with this many workers.
 * @throws Failure in one sentence that names the key, the value, and what is allowed.
 */
export function refuseStudy({ study, workload }: Pick<Settings, "study" | "workload">, workers: number): void {
  if (study === null) return;
  const refusal = studyRefusal("pi-speedup:study", study.counts, workers);
  if (refusal !== null) throw new Failure(refusal.id, refusal.text);
  const most = Math.max(...countsOf(study.counts, workers));
  const needed = fewestSamples * most;
  if (study.kind === "strong" && workload.samples < needed) {
    throw new Failure(
      "study-samples-few",
      `pi-speedup:scaling is "strong", but pi-speedup:samples (${workload.samples}) is too small to be divided equally among ${most} workers. Set at least ${needed} with \`pulumi config set pi-speedup:samples VALUE\`, or set pi-speedup:scaling to "weak".`,
    );
  }
}

/** The study's points in the order of measurement; empty without a study. @throws Failure as `refuseStudy` does. */
export function plannedPoints(
  settings: Pick<Settings, "study" | "workload" | "run">,
  workers: readonly string[],
): PlannedPoint[] {
  const { study, run } = settings;
  if (study === null) return [];
  refuseStudy(settings, workers.length);
  return studyPlan(workers, study.counts, study.repeats, run);
}

/**
 * The work of each worker of a point. `strong`: an equal share of the samples, rounded up, so that a point with p
 * workers computes at most p − 1 samples more than requested.
 */
export function workloadOfPoint(workload: Workload, kind: ScalingKind, workers: number): Workload {
  return kind === "weak" ? workload : { ...workload, samples: Math.ceil(workload.samples / workers) };
}
