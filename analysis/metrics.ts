// Every figure of a run, in one table: what it is called, how it is made, and what it may be. Its type, its schema and the
// texts of its symbol and formula follow from its row. The formulas are in formulas.ts, what the clocks tell in overhead.ts,
// the intervals in intervals.ts.
import * as v from "valibot";
import * as formulas from "./formulas.ts";
import { type Interval, throughputSpeedupInterval, tParallelInterval, tSlowestInterval } from "./intervals.ts";
import { concurrency, elapsed, type OverheadParts, overhead } from "./overhead.ts";
import type { NodeRecord, SingleMachine, Timeline } from "./records.ts";
import { type TimedRun, timedRun } from "./timed-run.ts";

/** What every metric has. */
interface About {
  /** Its letters in the other metrics' formulas; absent where none uses it. */
  symbol?: string;
  formula: string;
  /** A ratio has no unit. */
  unit: "count" | "s" | "ratio" | "standard errors";
  /** Where the formula is from. */
  source?: string;
}

type Metric =
  | (About & { shape?: never; nullable: false; of: (run: TimedRun) => number })
  /** Null where it is undefined or unknown. */
  | (About & { shape?: never; nullable: true; of: (run: TimedRun) => number | null })
  /** A 95 % interval; null where the rounds can't give one. */
  | (About & { shape: "interval"; nullable: true; of: (run: TimedRun) => Interval | null })
  /** Parts that add up, each null where it is unknown. */
  | (About & { shape: "parts"; nullable: false; of: (run: TimedRun) => OverheadParts });

const tutorial = "the tutorial";
const orderStatistics = "order statistics of the rounds";

const overheadOf = ({ nodes, timeline }: TimedRun) => overhead(nodes, timeline);
const scaledSpeedup = ({ tSingle, times }: TimedRun) => formulas.throughputSpeedup(tSingle, times);

/** All metrics by their names, in the order of the stack's output. */
export const metricTable = {
  /** How many workers took part. */
  workers: { symbol: "N", formula: "number of workers", unit: "count", nullable: false, of: (run) => run.workers },
  /** Throws of one worker in one round. */
  samplesPerWorker: {
    symbol: "n",
    formula: "samples/rounds",
    unit: "count",
    nullable: false,
    of: ({ samples, rounds }) => samples / rounds,
  },
  /** Median of the single machine's rounds. */
  tSingle: { symbol: "T_S", formula: "median of its rounds", unit: "s", nullable: false, of: (run) => run.tSingle },
  tSingleCI95: {
    formula: orderStatistics,
    unit: "s",
    shape: "interval",
    nullable: true,
    of: ({ singleBounds }) => singleBounds && [singleBounds.low, singleBounds.high],
  },
  /** Mean of the workers' medians. */
  tParallel: {
    symbol: "T_P",
    formula: "mean T_i",
    unit: "s",
    source: tutorial,
    nullable: false,
    of: ({ times }) => formulas.tParallel(times),
  },
  tParallelCI95: {
    formula: orderStatistics,
    unit: "s",
    shape: "interval",
    nullable: true,
    of: ({ workerBounds }) => workerBounds && tParallelInterval(workerBounds),
  },
  /** The tutorial's speed-up: perfect equal machines have 1. */
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
  /** A ratio of times, not a gain. */
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
    formula: orderStatistics,
    unit: "s",
    shape: "interval",
    nullable: true,
    of: ({ workerBounds }) => workerBounds && tSlowestInterval(workerBounds),
  },
  /** The one to believe: what N workers do together. */
  throughputSpeedup: {
    symbol: "S",
    formula: "N·T_S/T_max",
    unit: "ratio",
    source: "Gustafson 1988, CACM 31(5)",
    nullable: false,
    of: scaledSpeedup,
  },
  throughputSpeedupCI95: {
    formula: orderStatistics,
    unit: "ratio",
    source: "Zou & Donner 2008, Statistics in Medicine 27(10)",
    shape: "interval",
    nullable: true,
    of: ({ singleBounds, workerBounds }) =>
      singleBounds && workerBounds && throughputSpeedupInterval(singleBounds, workerBounds),
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
  /** Good to a second. */
  elapsed: {
    formula: "the Job's creation to the last pod's end",
    unit: "s",
    nullable: true,
    of: ({ nodes, timeline }) => elapsed(nodes, timeline),
  },
  /** What the cluster costs beside the computing, of the pod that ended last. Good to a second. */
  overhead: {
    symbol: "O",
    formula: "elapsed − image pull − warm-up − Σ rounds",
    unit: "s",
    nullable: true,
    of: (run) => overheadOf(run).overhead,
  },
  overheadParts: {
    formula: "scheduling + start + other",
    unit: "s",
    shape: "parts",
    nullable: false,
    of: (run) => overheadOf(run).overheadParts,
  },
  /** Of one round, overhead included. */
  endToEndSpeedup: {
    formula: "N·T_S/(T_max + O)",
    unit: "ratio",
    nullable: true,
    of: (run) => {
      const { overhead } = overheadOf(run);
      return overhead === null ? null : formulas.endToEndSpeedup(run.tSingle, run.times, overhead);
    },
  },
  /** The single machine's time for a job from which the cluster wins, overhead included. */
  breakEvenSeconds: {
    formula: "O/(1 − 1/S)",
    unit: "s",
    nullable: true,
    of: (run) => {
      const { overhead } = overheadOf(run);
      return overhead === null ? null : formulas.breakEvenSeconds(overhead, scaledSpeedup(run));
    },
  },
  /** What the same workers reach when the work is divided by their speed. */
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
  /** Experimental serial fraction. */
  karpFlatt: {
    formula: "(1/S − 1/N)/(1 − 1/N)",
    unit: "ratio",
    source: "Karp & Flatt 1990, CACM 33(5)",
    nullable: true,
    of: (run) => formulas.karpFlatt(scaledSpeedup(run), run.workers),
  },
  /** 0 to 1; below 0.8 the pods did not run together. */
  concurrency: {
    formula: "overlap of all pods/shortest pod",
    unit: "ratio",
    nullable: true,
    of: ({ nodes }) => concurrency(nodes),
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
/** What a metric is called in the stack's output. */
export type MetricName = keyof Table;

type ValueOf<M extends Metric> = M extends { shape: "interval" }
  ? Interval | null
  : M extends { shape: "parts" }
    ? OverheadParts
    : M extends { nullable: true }
      ? number | null
      : number;

/** All metrics of one run. */
export type Metrics = { [Name in keyof Table]: ValueOf<Table[Name]> };

/**
 * All figures of one run: the workers' records in any order, the single machine, and what Kubernetes knows of the times (null when
 * nothing is known). Throws when there is no record, or a time that is not longer than 0 s.
 */
export function computeMetrics(
  records: readonly NodeRecord[],
  baseline: SingleMachine,
  timeline: Timeline | null,
): Metrics {
  const run = timedRun(records, baseline, timeline);
  const figures = Object.entries(metricTable).map(([name, { of }]) => [name, of(run)]);
  // `fromEntries` forgets which name came with which value.
  return Object.fromEntries(figures) as Metrics;
}

const number = v.number();
const known = v.nullable(number);
const schemas = {
  number,
  known,
  interval: v.nullable(v.pipe(v.tuple([number, number]), v.readonly())),
  parts: v.object({ scheduling: known, start: known, other: known }),
};

type SchemaOf<M extends Metric> = M extends { shape: "interval" }
  ? typeof schemas.interval
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
  // `fromEntries` forgets which name came with which schema.
  return Object.fromEntries(entries) as { [Each in Name]: SchemaOf<Table[Each]> };
}

// The keys of an object literal are known, which the type of `Object.keys` does not say.
const names = Object.keys(metricTable) as MetricName[];

/** The output `metrics`, as it is read from a stack. */
export const metricsSchema = v.object(schemasOf(names)) satisfies v.GenericSchema<unknown, Metrics>;
