// Simulated runs with known true figures: how often do the intervals contain them, and how wide are they?
//
// A run is simulated as a whole. Its pods start at different times, warm up, run their rounds and cool down. From the
// resulting records and timeline, the program's own `computeMetrics` finds the common window, the means and the
// intervals. The true figures follow from the true mean of every machine and the starts of that run, by the program's
// formulas.
import * as formulas from "../../analysis/formulas.ts";
import type { HalfOpenInterval } from "../../analysis/intervals.ts";
import { computeMetrics } from "../../analysis/metrics.ts";
import type { NodeRecord, Run } from "../../analysis/records.ts";
import { isNonEmpty, mapAll, type NonEmpty } from "../../analysis/values.ts";
import { baselineRecord, nodeRecord, timelineOf } from "../helpers/example-records.ts";
import { type Random, randomFrom } from "./random.ts";

/** Seconds of one round of a machine of scale 1, on average; all that is in seconds below is in these. */
const warmUp = 0.5;
const coolDown = 0.5;
/** O_S, and how the single machine's true mean stands to a worker's: the tutorial's laptop is faster, how much does not matter. */
const singleOverhead = 0.3;
const singleScale = 0.8;
/** By how much a step lengthens the rounds after it. */
const stepFactor = 1.2;

/** Relative times of a machine's rounds, one by one; their true mean is 1. */
type Rounds = (random: Random) => () => number;

const independent =
  (round: (random: Random) => number): Rounds =>
  (random) =>
  () =>
    round(random);

/** Each round is drawn to the former one with this correlation; 5 % noise. */
const dependent =
  (correlation: number): Rounds =>
  (random) => {
    let deviation = random.normal();
    return () => {
      deviation = correlation * deviation + Math.sqrt(1 - correlation ** 2) * random.normal();
      return 1 + 0.05 * deviation;
    };
  };

const roundShapes = {
  /** 5 % noise. */
  normal: independent(({ normal }) => 1 + 0.05 * normal()),
  /** 20 % noise, skewed. */
  "log-normal": independent(({ normal }) => Math.exp(0.2 * normal() - 0.02)),
  /** 45 % of the rounds take 1.5 times as long, with 1 % noise: three processes on two cores, a board at its limit. */
  "two-level": independent(({ uniform, normal }) => ((uniform() < 0.45 ? 1.5 : 1) / 1.225) * (1 + 0.01 * normal())),
  /** 10 % of the rounds take 3 times as long, with 5 % noise. */
  outliers: independent(({ uniform, normal }) => ((uniform() < 0.1 ? 3 : 1) / 1.2) * (1 + 0.05 * normal())),
  /** From one moment of the run on, all workers' rounds take longer: the true mean is that of a job that goes on so. 5 % noise. */
  step: independent(({ normal }) => 1 + 0.05 * normal()),
  "AR(1) 0.3": dependent(0.3),
  "AR(1) 0.5": dependent(0.5),
  "AR(1) 0.7": dependent(0.7),
};
/** How rounds vary. */
export type Shape = keyof typeof roundShapes;

/** Relative true mean of worker i of N: all equal, which is hardest for the lower end of T_max; or up to a fifth apart. */
const speeds = {
  equal: () => 1,
  unequal: (i: number, workers: number) => 1 + (0.2 * i) / Math.max(1, workers - 1),
};
/** How workers differ. */
export type Speeds = keyof typeof speeds;

/** The figures whose intervals are judged. */
export const figures = [
  "tSingle",
  "tParallel",
  "tSlowest",
  "throughputSpeedup",
  "endToEndSpeedup",
  "fixedSizeSpeedup",
  "breakEvenSeconds",
] as const;
/** One of them. */
export type Figure = (typeof figures)[number];

/** What is simulated. `shared`: the workers are processes on one host with two cores, which they use in turns. */
export interface Setting {
  workers: number;
  rounds: number;
  shape: Shape;
  speeds: Speeds | "shared";
}

/** The results for one figure's intervals. */
export interface Fared {
  /**
   * Share of the runs with an interval. In the others, a worker had fewer than three rounds, or there was no
   * break-even.
   */
  given: number;
  /** Share of these whose interval contains the true figure. */
  coverage: number;
  /** Monte Carlo error of that share: two standard errors if the true share is the required one. */
  error: number;
  /** Mean half-width of the intervals with two ends, as a share of the true figure. */
  halfWidth: number;
}
/** The results for all figures. */
export type Outcome = Record<Figure, Fared>;

/** Smallest coverage that independent rounds of normal, log-normal and two-level times must show. */
export const required = 0.935;

/** Whether a coverage is below the required one by more than chance explains. */
export function isBroken({ coverage, error }: Fared): boolean {
  return coverage < required - error;
}

/** Repeats one setting; the same setting and number of runs give the same outcome on every machine. */
export function simulate(setting: Setting, runs: number): Outcome {
  const random = randomFrom(Object.values(setting).join(" "));
  const tallies = ofEach(() => ({ given: 0, held: 0, closed: 0, width: 0 }));
  for (let run = 0; run < runs; run++) {
    const { truths, intervals } = simulateRun(setting, random);
    for (const figure of figures) {
      const [tally, truth, interval] = [tallies[figure], truths[figure], intervals[figure]];
      if (interval === null) continue;
      const [low, high] = interval;
      tally.given++;
      if (low <= truth && (high === null || truth <= high)) tally.held++;
      if (high === null) continue;
      tally.closed++;
      tally.width += (high - low) / truth;
    }
  }
  return ofEach((figure) => {
    const { given, held, closed, width } = tallies[figure];
    const error = 2 * Math.sqrt((required * (1 - required)) / given);
    return { given: given / runs, coverage: held / given, error, halfWidth: width / closed / 2 };
  });
}

function ofEach<T>(of: (figure: Figure) => T): Record<Figure, T> {
  // `fromEntries` forgets which names there were.
  return Object.fromEntries(figures.map((figure) => [figure, of(figure)])) as Record<Figure, T>;
}

function simulateRun(setting: Setting, random: Random) {
  const nextSingle = roundShapes[setting.shape](random);
  const seconds = Array.from({ length: setting.rounds }, () => singleScale * nextSingle());
  const single = { ...baselineRecord(seconds), overhead: singleOverhead };
  const shared = setting.speeds === "shared";
  const { nodes, means } = shared ? sharedHost(setting, random) : ownHosts(setting, random);
  // From a pod's end until its result is read.
  const tails = mapAll(nodes, () => 0.2 + 0.2 * random.uniform());
  const timeline = timelineOf(nodes.map(({ ended }, i) => ended + (tails[i] ?? 0)));
  let index = 0;
  const starts = mapAll(nodes, ({ started }) => started + (tails[index++] ?? 0));
  const metrics = computeMetrics(nodes, shared ? onHost(single) : single, timeline);
  const truths: Record<Figure, number> = {
    tSingle: singleScale,
    tParallel: formulas.tParallel(means),
    tSlowest: formulas.tSlowest(means),
    throughputSpeedup: formulas.throughputSpeedup(singleScale, means),
    endToEndSpeedup: formulas.endToEndSpeedup(singleScale, singleOverhead, means, starts),
    fixedSizeSpeedup: formulas.fixedSizeSpeedup(singleScale, singleOverhead, means, starts),
    breakEvenSeconds: formulas.breakEvenSeconds(singleScale, singleOverhead, means, starts),
  };
  const intervals: Record<Figure, HalfOpenInterval | null> = ofEach((figure) => metrics[intervalNames[figure]]);
  return { truths, intervals };
}

const intervalNames = {
  tSingle: "tSingleCI95",
  tParallel: "tParallelCI95",
  tSlowest: "tSlowestCI95",
  throughputSpeedup: "throughputSpeedupCI95",
  endToEndSpeedup: "endToEndSpeedupCI95",
  fixedSizeSpeedup: "fixedSizeSpeedupCI95",
  breakEvenSeconds: "breakEvenCI95",
} as const;

interface Workers {
  nodes: NonEmpty<NodeRecord>;
  /** Their true T_i. */
  means: NonEmpty<number>;
}

/** When each pod starts after the release: up to 0.3 to 1.5 rounds apart. */
function startsOf(workers: number, { uniform }: Random): NonEmpty<number> {
  const spread = 0.3 + 1.2 * uniform();
  const starts = Array.from({ length: workers }, () => 1 + spread * uniform());
  if (!isNonEmpty(starts)) throw new RangeError(`found ${workers} workers, expected at least one`);
  return starts;
}

/** Workers that don't disturb each other. */
function ownHosts({ workers, rounds, shape, speeds: chosen }: Setting, random: Random): Workers {
  const scaleOf = speeds[chosen === "shared" ? "equal" : chosen];
  const starts = startsOf(workers, random);
  const moment = shape === "step" ? rounds * random.uniform() : Number.POSITIVE_INFINITY;
  let index = 0;
  const nodes = mapAll(starts, (started) => {
    const next = roundShapes[shape](random);
    const scale = scaleOf(index, workers);
    const seconds = Array.from({ length: rounds }, (_, i) => scale * next() * (i < moment ? 1 : stepFactor));
    return nodeRecord({ index: index++, started, seconds, warmUp, coolDown });
  });
  const after = shape === "step" ? stepFactor : 1;
  return { nodes, means: mapAll(nodes, (node) => scaleOf(node.index, workers) * after) };
}

/** Seconds for which a process keeps its core once it has one. */
const turn = 0.05;
const sharedCores = 2;

/**
 * One host whose cores the pods share. In every turn, the waiting ones are drawn by lot. A pod is done when its work is
 * done; while some have finished, the others are faster. The true T_i is the time of a round while all compute.
 */
function sharedHost({ workers, rounds, shape }: Setting, random: Random): Workers {
  const starts = startsOf(workers, random);
  const pods = mapAll(starts, (started) => {
    const next = roundShapes[shape](random);
    const round = sharedCores / workers;
    const work = [warmUp * round, ...Array.from({ length: rounds }, next), coolDown * round];
    return { started, left: work, ends: [] as number[] };
  });
  for (let now = Math.min(...starts); pods.some(({ left }) => left.length > 0); now += turn) {
    const ready = pods.filter(({ started, left }) => started <= now && left.length > 0);
    const waiting = Math.max(0, ready.length - sharedCores);
    for (let i = 0; i < waiting; i++) ready.splice(Math.floor(random.uniform() * ready.length), 1);
    for (const pod of ready) {
      let given = turn;
      while (given > 0 && pod.left[0] !== undefined) {
        const used = Math.min(given, pod.left[0]);
        pod.left[0] -= used;
        given -= used;
        if (pod.left[0] > 1e-12) continue;
        pod.left.shift();
        pod.ends.push(now + turn - given);
      }
    }
  }
  let index = 0;
  const nodes = mapAll(pods, ({ started, ends }) => {
    const lengths = ends.map((end, i) => end - (ends[i - 1] ?? started));
    const [warm = 0, ...rest] = lengths;
    return onHost(
      nodeRecord({ index: index++, started, seconds: rest.slice(0, -1), warmUp: warm, coolDown: rest.at(-1) ?? 0 }),
    );
  });
  return { nodes, means: mapAll(nodes, () => workers / sharedCores) };
}

/** The same record from the one host that all share. */
function onHost<R extends Run>(record: R): R {
  return { ...record, cores: sharedCores, machine: { ...record.machine, bootId: "shared" } };
}
