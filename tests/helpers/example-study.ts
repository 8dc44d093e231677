// Points of a scaling study for tests: sound unless a test changes them.
import { type LawForm, logTime } from "../../analysis/scaling/laws.ts";
import { studyPlan } from "../../analysis/scaling/plan.ts";
import type { PlannedPoint, StudyPoint } from "../../analysis/scaling/study-records.ts";

/** A point whose workers all take this many seconds, each on its own computer. */
export function examplePoint(planned: PlannedPoint, seconds: number, changes: Partial<StudyPoint> = {}): StudyPoint {
  return {
    ...planned,
    seconds,
    interval: null,
    elapsed: 10 * seconds,
    times: planned.nodes.map(() => seconds),
    wait: seconds + 1,
    when: 1000 * planned.block + 100 * planned.position,
    doubts: [],
    hosts: planned.nodes.map((node) => ({ nodes: [node], cores: 4, processes: 1 })),
    ...changes,
  };
}

/** The plan of a study with these counts. There are as many workers as the largest count. */
export function examplePlan(counts: readonly number[], blocks: number): PlannedPoint[] {
  const workers = Array.from({ length: Math.max(...counts) }, (_, i) => `pi-${i + 1}`);
  return studyPlan(workers, counts, blocks, "1");
}

/** Points that lie on a law; `level` is each block's T_1 in seconds. */
export function lawPoints(
  form: LawForm,
  coefficients: readonly number[],
  counts: readonly number[],
  levels: readonly number[],
): StudyPoint[] {
  return examplePlan(counts, levels.length).map((planned) =>
    examplePoint(planned, (levels[planned.block - 1] ?? 1) * Math.exp(logTime(form, coefficients, planned.workers))),
  );
}
