// Scaling studies with a known law, by simulation: how often each interval contains the true value, and how often a
// study is refused. The time of a point is the law's, times its block's level, times the noise of the point, times the
// noise of each worker.
import { type LawForm, logTime } from "../../analysis/scaling/laws.ts";
import { studyPlan } from "../../analysis/scaling/plan.ts";
import { scalingOf } from "../../analysis/scaling/scaling.ts";
import type { Law, PlannedPoint, Scaling, StudyPoint } from "../../analysis/scaling/study-records.ts";
import { compareStudies, keptStudy } from "../../report/history/studies.ts";
import { type Random, randomFrom } from "./random.ts";

export interface StudySetting {
  form: LawForm;
  /** The true coefficients. */
  coefficients: readonly number[];
  counts: readonly number[];
  blocks: number;
  /** Standard deviations in logarithms: of a point as a whole, and of each worker in it. */
  pointNoise: number;
  workerNoise: number;
  /**
   * How much longer the last point takes than the first, as a share: a machine that slows down during the whole study.
   */
  drift?: number;
  /** Random within blocks as planned, or ascending. */
  order?: "random" | "ascending";
  /** How much longer the last worker takes than the others, as a share. */
  unlike?: number;
  /** Cores of the computer that all workers share; null: the study does not know that they share it. */
  cores?: { number: number; isKnown: boolean };
  /**
   * Seconds until the pods compute: mean, and standard deviation of a point and of each pod; fixed: a block's level does not change
   * it. T_1 is 5 s.
   */
  start?: { mean: number; ofPoint: number; ofPod: number; isFixed?: boolean };
  /** Whether the law is fitted to the slowest worker's time instead of the mean, to see what that would do. */
  slowest?: boolean;
}

const blockEffect = 0.05;
const single = 5;

/** One simulated study. */
export function study(setting: StudySetting, random: Random, run: string): Scaling {
  const workers = Array.from({ length: Math.max(...setting.counts) }, (_, i) => `node-${i}`);
  const plan = studyPlan(workers, setting.counts, setting.blocks, run);
  const order =
    setting.order === "ascending" ? plan.toSorted((a, b) => a.block - b.block || a.workers - b.workers) : plan;
  const levels = Array.from({ length: setting.blocks }, () => blockEffect * random.normal());
  const points = order.map((planned, i) => {
    const drift = Math.log1p(((setting.drift ?? 0) * i) / (order.length - 1));
    return pointOf(setting, planned, random, (levels[planned.block - 1] ?? 0) + drift);
  });
  return scalingOf(setting.form.divided ? "strong" : "weak", points, plan);
}

function pointOf(setting: StudySetting, planned: PlannedPoint, random: Random, level: number): StudyPoint {
  const { form, coefficients, pointNoise, workerNoise, unlike = 0, cores, start } = setting;
  const p = planned.workers;
  const crowd = cores === undefined ? 1 : Math.max(1, p / cores.number);
  const common = logTime(form, coefficients, p) + level + pointNoise * random.normal();
  const last = Math.max(...setting.counts);
  const times = planned.nodes.map(
    (_, i) => single * crowd * Math.exp(common + workerNoise * random.normal()) * (i + 1 === last ? 1 + unlike : 1),
  );
  const slow = start?.isFixed === true ? 1 : Math.exp(level);
  const begun = ((start?.mean ?? 1) + (start?.ofPoint ?? 0) * random.normal()) * slow;
  const waits = times.map((time) => time + Math.max(0, begun + (start?.ofPod ?? 0) * random.normal()));
  const isShared = cores?.isKnown === true;
  return {
    ...planned,
    seconds: Math.max(...times),
    interval: null,
    elapsed: 60,
    times: setting.slowest === true ? [Math.max(...times)] : times,
    wait: Math.max(...waits),
    when: null,
    doubts: [],
    hosts: isShared
      ? [{ nodes: planned.nodes, cores: cores.number, processes: p }]
      : planned.nodes.map((node) => ({ nodes: [node], cores: 4, processes: 1 })),
  };
}

/** The results of many studies. */
export interface Outcome {
  studies: number;
  /** Share of them in which the law was fitted. */
  fitted: number;
  /** Of those, share in which every coefficient lies in its interval. */
  coverage: number;
  /** The same of each coefficient. */
  coverages: number[];
  /** Mean half-width of each coefficient's interval. */
  halfWidths: number[];
  /** Share of all studies refused for each reason, by its first words. */
  refused: Map<string, number>;
}

const reasons: [name: string, words: RegExp][] = [
  ["cores", /what bends the curve are the cores/],
  ["unlike workers", /The workers are not alike/],
  ["lack of fit", /do not lie on/],
];

/** Simulates this many studies. `which` selects the law, by default the main one. */
export function simulateStudies(
  setting: StudySetting,
  studies: number,
  which: (scaling: Scaling) => { law: Law | null; reason: string | null } = mainLaw(setting),
  truth: readonly number[] = setting.coefficients,
): Outcome {
  const random = randomFrom(JSON.stringify(setting));
  const held = truth.map(() => 0);
  const widths = truth.map(() => 0);
  const refused = new Map<string, number>();
  let [fitted, all] = [0, 0];
  for (let i = 0; i < studies; i++) {
    const { law, reason } = which(study(setting, random, String(i)));
    if (law === null) {
      for (const [name, words] of reasons)
        if (words.test(reason ?? "")) refused.set(name, (refused.get(name) ?? 0) + 1 / studies);
      continue;
    }
    fitted++;
    const intervals = [law.interval, ...(law.exchange === null ? [] : [law.exchange.interval])];
    const isHeld = intervals.map(([low, high], k) => low <= (truth[k] ?? 0) && (truth[k] ?? 0) <= high);
    if (isHeld.every(Boolean)) all++;
    for (const [k, [low, high]] of intervals.entries()) {
      held[k] = (held[k] ?? 0) + (isHeld[k] === true ? 1 : 0);
      widths[k] = (widths[k] ?? 0) + (high - low) / 2;
    }
  }
  return {
    studies,
    fitted: fitted / studies,
    coverage: all / fitted,
    coverages: held.map((each) => each / fitted),
    halfWidths: widths.map((each) => each / fitted),
    refused,
  };
}

/** Share of pairs of studies for which the history detects a change, the second with another serial fraction. */
export function toldChanges(setting: StudySetting, second: number, pairs: number): number {
  const random = randomFrom(JSON.stringify([setting, second]));
  let told = 0;
  for (let i = 0; i < pairs; i++) {
    const [before, now] = [setting, { ...setting, coefficients: [second] }].map((each, k) =>
      keptStudy(study(each, random, `${i}/${k}`), 0),
    );
    if (before === undefined || now === undefined) continue;
    if (compareStudies(before, now).changes.some(({ verdict }) => verdict === "higher" || verdict === "lower")) told++;
  }
  return told / pairs;
}

/** Where the setting's law has two coefficients, the law that has, else the main one. */
function mainLaw({ form, coefficients }: StudySetting) {
  return (scaling: Scaling) => {
    if (coefficients.length === 2) return scaling.universal;
    return scaling.law?.name === form.name ? scaling : { law: null, reason: scaling.reason };
  };
}

/** Where a coverage must lie. */
export const bounds = [0.92, 0.98] as const;

/** Whether a coverage lies outside by more than three standard errors of the simulation. */
export function isOutside(coverage: number, fitted: number): boolean {
  return bounds.some(
    (bound, i) => (i === 0 ? bound - coverage : coverage - bound) > 3 * Math.sqrt((bound * (1 - bound)) / fitted),
  );
}
