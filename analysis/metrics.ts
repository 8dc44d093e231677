// Every figure of a run, in one table: its name, formula, unit and source. The type, the schema, and the texts of
// symbols and formulas are derived from the rows. The formulas are in formulas.ts, what follows from the clocks is in
// overhead.ts, and the intervals are in intervals.ts. CONTRIBUTING.md lists what else a new row needs.
import * as v from "valibot";
import * as formulas from "./formulas.ts";
import {
  type HalfOpenInterval,
  type Interval,
  jobSpeedupInterval,
  tParallelInterval,
  tSlowestInterval,
} from "./intervals.ts";
import type { OverheadParts } from "./overhead.ts";
import type { NodeRecord, SingleMachine, Timeline } from "./records.ts";
import { type TimedRun, timedRun } from "./timed-run.ts";
import { mapAll, type Values } from "./values.ts";

/** Fields that all metrics have. */
interface About {
  /** Its symbol in the formulas of other metrics; absent if none uses it. */
  symbol?: string;
  formula: string;
  /** A ratio has no unit. */
  unit: "count" | "s" | "ratio" | "standard errors";
  /** Source of the formula. */
  source?: string;
}

type Metric =
  | (About & { shape?: never; nullable: false; of: (run: TimedRun) => number })
  /** Null if undefined or unknown. */
  | (About & { shape?: never; nullable: true; of: (run: TimedRun) => number | null })
  /** A 95 % interval; null if there are too few rounds. */
  | (About & { shape: "interval"; nullable: true; of: (run: TimedRun) => Interval | null })
  /** A 95 % interval, whose upper end is null if it is unbounded; null if there is no interval. */
  | (About & { shape: "half-open"; nullable: true; of: (run: TimedRun) => HalfOpenInterval | null })
  /** Parts that add up, each null if unknown. */
  | (About & { shape: "parts"; nullable: false; of: (run: TimedRun) => OverheadParts });

const tutorial = "the tutorial";
const student = "Student's t";

const scaledSpeedup = ({ tSingle, times }: TimedRun) => formulas.throughputSpeedup(tSingle, times);

type WithStart = (tSingle: number, singleOverhead: number, times: Values, overheads: Values) => number;
/**
 * A figure that includes the overhead of both sides, with every T_i scaled by this factor; null if an overhead is
 * unknown.
 */
function withStart(formula: WithStart, { tSingle, singleOverhead, times, cost }: TimedRun, scale = 1): number | null {
  if (singleOverhead === null || cost.ofPods === null) return null;
  return formula(
    tSingle,
    singleOverhead,
    mapAll(times, (time) => time * scale),
    cost.ofPods,
  );
}

/**
 * The interval of the speed-up for a job of this many shares; null if an overhead or an interval of the times is
 * unknown.
 */
function intervalWithStart(
  shares: number,
  { singleBounds, workerBounds, singleOverhead, cost }: TimedRun,
): Interval | null {
  if (singleBounds === null || workerBounds === null || singleOverhead === null || cost.ofPods === null) return null;
  return jobSpeedupInterval(shares, singleBounds, workerBounds, { single: singleOverhead, workers: cost.ofPods });
}

/**
 * S's interval, limited to what the hosts' cores allow. An interval that lies entirely beyond stays as it is, because
 * then something is wrong.
 */
function cutInterval({ speedupInterval, bound }: TimedRun): Interval | null {
  if (speedupInterval === null || bound === null) return speedupInterval;
  const [low, high] = speedupInterval;
  return low > bound ? speedupInterval : [low, Math.min(high, bound)];
}

function breakEvenInterval(run: TimedRun): HalfOpenInterval | null {
  const ends = run.speedupInterval?.map((end) => withStart(formulas.breakEvenSeconds, run, scaledSpeedup(run) / end));
  const [slow = null, fast = null] = ends ?? [];
  if (slow === null || fast === null || !Number.isFinite(fast)) return null;
  return [fast, Number.isFinite(slow) ? slow : null];
}

/** All metrics by their names, in the order of the stack's output. */
export const metricTable = {
  /** How many workers took part. */
  workers: { symbol: "N", formula: "number of workers", unit: "count", nullable: false, of: (run) => run.workers },
  /** Samples of one worker in one round. */
  samplesPerWorker: {
    symbol: "n",
    formula: "samples/rounds",
    unit: "count",
    nullable: false,
    of: (run) => run.samplesPerWorker,
  },
  /** Mean of the single machine's rounds. */
  tSingle: { symbol: "T_S", formula: "mean of its rounds", unit: "s", nullable: false, of: (run) => run.tSingle },
  tSingleCI95: {
    formula: student,
    unit: "s",
    shape: "interval",
    nullable: true,
    of: (run) => run.singleInterval,
  },
  /** Mean of the workers' times. */
  tParallel: {
    symbol: "T_P",
    formula: "mean T_i",
    unit: "s",
    source: tutorial,
    nullable: false,
    of: ({ times }) => formulas.tParallel(times),
  },
  tParallelCI95: {
    formula: student,
    unit: "s",
    shape: "interval",
    nullable: true,
    of: ({ workerBounds }) => workerBounds && tParallelInterval(workerBounds),
  },
  /** The tutorial's speed-up: 1 for perfect equal machines. */
  speedup: {
    symbol: "R",
    formula: "T_S/T_P",
    unit: "ratio",
    source: tutorial,
    nullable: false,
    of: ({ tSingle, times }) => formulas.speedup(tSingle, times),
  },
  efficiency: {
    formula: "R/N",
    unit: "ratio",
    source: tutorial,
    nullable: false,
    of: ({ tSingle, times }) => formulas.efficiency(tSingle, times),
  },
  combinedTime: {
    formula: "N·T_P",
    unit: "s",
    source: tutorial,
    nullable: false,
    of: ({ times }) => formulas.combinedTime(times),
  },
  /** A ratio of times, not a speed-up. */
  linearRatio: {
    formula: "N·T_P/T_S",
    unit: "ratio",
    source: tutorial,
    nullable: false,
    of: ({ tSingle, times }) => formulas.linearRatio(tSingle, times),
  },
  tSlowest: {
    symbol: "T_max",
    formula: "max T_i",
    unit: "s",
    nullable: false,
    of: ({ times }) => formulas.tSlowest(times),
  },
  tSlowestCI95: {
    formula: student,
    unit: "s",
    shape: "interval",
    nullable: true,
    of: ({ workerBounds }) => workerBounds && tSlowestInterval(workerBounds),
  },
  /** The figure to trust: the combined speed of N workers. */
  throughputSpeedup: {
    symbol: "S",
    formula: "N·T_S/T_max",
    unit: "ratio",
    source: "Gustafson 1988, CACM 31(5)",
    nullable: false,
    of: scaledSpeedup,
  },
  throughputSpeedupCI95: {
    formula: student,
    unit: "ratio",
    source: "Zou & Donner 2008, Statistics in Medicine 27(10)",
    shape: "interval",
    nullable: true,
    of: cutInterval,
  },
  /** What the hosts' cores allow; null unless the single machine is one of the hosts. */
  throughputSpeedupBound: {
    formula: "Σ over hosts of min(workers, cores/processes)",
    unit: "ratio",
    nullable: true,
    of: (run) => run.bound,
  },
  /** Half the width of S's interval before it is limited, relative to S. */
  precision: {
    formula: "(high − low)/(2·S)",
    unit: "ratio",
    nullable: true,
    of: (run) => {
      if (run.speedupInterval === null) return null;
      const [low, high] = run.speedupInterval;
      return (high - low) / (2 * scaledSpeedup(run));
    },
  },
  /**
   * S without assumptions, by wall clocks. It includes the staggered starts of the pods, so it is reported but not
   * judged.
   */
  makespanSpeedup: {
    formula: "rounds·N·T_S/(last end − first start)",
    unit: "ratio",
    source: "SPECrate, SPEC CPU 2017",
    nullable: true,
    of: ({ tSingle, workers, roundsPerWorker, makespan }) =>
      makespan === null ? null : formulas.makespanSpeedup(tSingle, workers, roundsPerWorker, makespan),
  },
  throughputEfficiency: {
    formula: "S/N",
    unit: "ratio",
    nullable: false,
    of: ({ tSingle, times }) => formulas.throughputEfficiency(tSingle, times),
  },
  /** The single machine doing all N shares of the work. */
  tSequential: {
    formula: "N·T_S",
    unit: "s",
    source: tutorial,
    nullable: false,
    of: ({ tSingle, workers }) => formulas.tSequential(tSingle, workers),
  },
  /** By the collector's clock. */
  elapsed: {
    formula: "release of the Job to the last result read",
    unit: "s",
    nullable: true,
    of: (run) => run.elapsed,
  },
  /** The time that the cluster adds to computing, for the pod whose result was read last; if several were, the largest. */
  overhead: {
    symbol: "O",
    formula: "read − pull − warm-up − cool-down − Σ rounds",
    unit: "s",
    nullable: true,
    of: (run) => run.cost.overhead,
  },
  overheadParts: {
    formula: "scheduling + start + other",
    unit: "s",
    shape: "parts",
    nullable: false,
    of: (run) => run.cost.overheadParts,
  },
  /** One round as the user experiences it, with the overhead of both sides. */
  endToEndSpeedup: {
    formula: "(O_S + N·T_S)/max(O_i + T_i)",
    unit: "ratio",
    nullable: true,
    of: (run) => withStart(formulas.endToEndSpeedup, run),
  },
  endToEndSpeedupCI95: {
    formula: "T_S's and T_i's ends, the starts known",
    unit: "ratio",
    shape: "interval",
    nullable: true,
    of: (run) => intervalWithStart(run.workers, run),
  },
  /** The same work divided among the workers. */
  fixedSizeSpeedup: {
    formula: "(O_S + T_S)/max(O_i + T_i/N)",
    unit: "ratio",
    source: "Amdahl 1967, AFIPS 30",
    nullable: true,
    of: (run) => withStart(formulas.fixedSizeSpeedup, run),
  },
  fixedSizeSpeedupCI95: {
    formula: "T_S's and T_i's ends, the starts known",
    unit: "ratio",
    shape: "interval",
    nullable: true,
    of: (run) => intervalWithStart(1, run),
  },
  /**
   * The single machine's time for a job from which the cluster is faster, with equal shares; null unless S is certainly
   * above 1.
   */
  breakEvenSeconds: {
    formula: "max (O_i − O_S)/(1 − T_i/(N·T_S))",
    unit: "s",
    nullable: true,
    of: (run) => {
      const low = run.speedupInterval?.[0] ?? 0;
      return low > 1 ? withStart(formulas.breakEvenSeconds, run) : null;
    },
  },
  breakEvenCI95: {
    formula: "with S's ends",
    unit: "s",
    shape: "half-open",
    nullable: true,
    of: breakEvenInterval,
  },
  /** The speed-up of the same workers if the work is divided by their speed. */
  balancedSpeedup: {
    formula: "Σ T_S/T_i",
    unit: "ratio",
    nullable: false,
    of: ({ tSingle, times }) => formulas.balancedSpeedup(tSingle, times),
  },
  imbalance: {
    formula: "T_max/T_P − 1",
    unit: "ratio",
    source: "Pearce et al., ICS 2012",
    nullable: false,
    of: ({ times }) => formulas.imbalance(times),
  },
  /** Experimental serial fraction; null if the single machine is not a worker, or if workers share a host. */
  karpFlatt: {
    formula: "(1/S − 1/N)/(1 − 1/N)",
    unit: "ratio",
    source: "Karp & Flatt 1990, CACM 33(5)",
    nullable: true,
    of: (run) => (run.equalHosts ? formulas.karpFlatt(scaledSpeedup(run), run.workers) : null),
  },
  /** 0 to 1. Below 0.8, the pods did not run at the same time. */
  concurrency: {
    formula: "least share of a pod's rounds in the common window",
    unit: "ratio",
    nullable: true,
    of: (run) => run.window.concurrency,
  },
  /** Pooled over all samples of all workers. */
  pi: {
    formula: "4·p",
    unit: "ratio",
    nullable: false,
    of: ({ inside, samples }) => formulas.pi(inside, samples),
  },
  piStandardError: {
    symbol: "SE",
    formula: "4·√(p(1 − p)/m)",
    unit: "ratio",
    nullable: false,
    of: ({ inside, samples }) => formulas.piStandardError(inside, samples),
  },
  piDeviation: {
    formula: "(4·p − π)/SE",
    unit: "standard errors",
    nullable: true,
    of: ({ inside, samples }) => formulas.piDeviation(inside, samples),
  },
} satisfies Record<string, Metric>;

type Table = typeof metricTable;
/** The name of a metric in the stack's output. */
export type MetricName = keyof Table;

type ValueOf<M extends Metric> = M extends { shape: "interval" }
  ? Interval | null
  : M extends { shape: "half-open" }
    ? HalfOpenInterval | null
    : M extends { shape: "parts" }
      ? OverheadParts
      : M extends { nullable: true }
        ? number | null
        : number;

/** All metrics of one run. */
export type Metrics = { [Name in keyof Table]: ValueOf<Table[Name]> };

/**
 * All figures of a run: the workers' records in any order, the single machine, and the times from Kubernetes (null if
 * none are known). Throws if there is no record, or a time that is not longer than 0 s.
 */
export function computeMetrics(
  records: readonly NodeRecord[],
  baseline: SingleMachine,
  timeline: Timeline | null,
): Metrics {
  return metricsOf(timedRun(records, baseline, timeline));
}

/** All figures of a run whose records were already read. */
export function metricsOf(run: TimedRun): Metrics {
  const figures = Object.entries(metricTable).map(([name, { of }]) => [name, of(run)]);
  // `fromEntries` loses the types of the values.
  return Object.fromEntries(figures) as Metrics;
}

const number = v.number();
const known = v.nullable(number);
const schemas = {
  number,
  known,
  interval: v.nullable(v.pipe(v.tuple([number, number]), v.readonly())),
  "half-open": v.nullable(v.pipe(v.tuple([number, known]), v.readonly())),
  parts: v.object({ scheduling: known, start: known, other: known }),
};

type SchemaOf<M extends Metric> = M extends { shape: "interval" }
  ? typeof schemas.interval
  : M extends { shape: "half-open" }
    ? (typeof schemas)["half-open"]
    : M extends { shape: "parts" }
      ? typeof schemas.parts
      : M extends { nullable: true }
        ? typeof schemas.known
        : typeof schemas.number;

/** Schemas of the metrics with these names. */
export function schemasOf<Name extends MetricName>(names: readonly Name[]): { [Each in Name]: SchemaOf<Table[Each]> } {
  const entries = names.map((name) => {
    const { shape, nullable }: Metric = metricTable[name];
    return [name, schemas[shape ?? (nullable ? "known" : "number")]];
  });
  // `fromEntries` loses the types of the schemas.
  return Object.fromEntries(entries) as { [Each in Name]: SchemaOf<Table[Each]> };
}

// The keys of an object literal are known, but `Object.keys` is not typed that way.
const names = Object.keys(metricTable) as MetricName[];

/** The output `metrics`, as read from a stack. */
export const metricsSchema = v.object(schemasOf(names)) satisfies v.GenericSchema<unknown, Metrics>;
