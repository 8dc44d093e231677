// Every figure of a run, put together from its records. Pure: the formulas are in formulas.ts, the clocks in
// timeline.ts, the intervals in intervals.ts.
import * as formulas from "./formulas.ts";
import {
  boundMedian,
  boundMedians,
  type Interval,
  throughputSpeedupInterval,
  tParallelInterval,
  tSlowestInterval,
} from "./intervals.ts";
import { concurrency, elapsed, type OverheadParts, overhead } from "./overhead.ts";
import { isMeasured, type NodeRecord, type Round, type SingleMachine, type Timeline } from "./records.ts";
import { isNonEmpty, mapAll, median, sum, type Values } from "./values.ts";

/** Seconds, or ratios without a unit. Null: undefined or unknown. Symbols, formulas and sources: formulas.ts. */
export interface Metrics {
  /** N. */
  workers: number;
  /** n: throws of one worker in one round. */
  samplesPerWorker: number;
  /** T_S: median of the single machine's rounds. */
  tSingle: number;
  tSingleCI95: Interval | null;
  /** T_P: mean of the workers' medians T_i. */
  tParallel: number;
  tParallelCI95: Interval | null;
  /** T_S / T_P. */
  speedup: number;
  /** T_S / T_P / N. */
  efficiency: number;
  /** N·T_P. */
  combinedTime: number;
  /** N·T_P / T_S: a ratio of times, not a gain. */
  linearRatio: number;
  /** max T_i. */
  tSlowest: number;
  tSlowestCI95: Interval | null;
  /** N·T_S / max T_i: what N workers do together. */
  throughputSpeedup: number;
  throughputSpeedupCI95: Interval | null;
  throughputEfficiency: number;
  /** N·T_S. */
  tSequential: number;
  /** The Job's creation to the latest end; good to a second. */
  elapsed: number | null;
  overhead: number | null;
  overheadParts: OverheadParts;
  /** N·T_S / (max T_i + overhead). */
  endToEndSpeedup: number | null;
  /** The single machine's time for a job from which the cluster wins, overhead included. */
  breakEvenSeconds: number | null;
  /** Σ T_S/T_i. */
  balancedSpeedup: number;
  /** max T_i / mean T_i − 1. */
  imbalance: number;
  /** Experimental serial fraction. */
  karpFlatt: number | null;
  /** 0 to 1; below 0.8 the pods did not run together. */
  concurrency: number | null;
  /** Pooled over all samples of all workers. */
  pi: number;
  piStandardError: number;
  /** In standard errors. */
  piDeviation: number | null;
}

/**
 * All figures of one run: the workers' records in any order, the single machine, and what Kubernetes knows of the times (null when
 * nothing is known). Throws when there is no record, or a time that is not longer than 0 s.
 */
export function computeMetrics(
  records: readonly NodeRecord[],
  baseline: SingleMachine,
  timeline: Timeline | null,
): Metrics {
  // By index, so that the order in which records arrive changes not even the last digit of a sum.
  const nodes = records.toSorted((a, b) => a.index - b.index);
  if (!isNonEmpty(nodes)) throw new Error("there is no worker's record: metrics need at least one");
  const workers = nodes.length;
  const rounds = mapAll(nodes, (node) => roundTimes(node.rounds, `worker ${node.node}`));
  const times = mapAll(rounds, median);
  const single = isMeasured(baseline)
    ? roundTimes(baseline.rounds, "the baseline")
    : positive(baseline.seconds, "the baseline given");
  const tSingle = typeof single === "number" ? single : median(single);
  const singleBounds = typeof single === "number" ? null : boundMedian(single);
  const workerBounds = boundMedians(rounds);
  const scaled = formulas.throughputSpeedup(tSingle, times);
  const cost = overhead(nodes, timeline);
  const inside = sum(nodes.map((node) => node.inside));
  const samples = sum(nodes.map((node) => node.samples));

  return {
    workers,
    samplesPerWorker: samples / sum(rounds.map(({ length }) => length)),
    tSingle,
    tSingleCI95: singleBounds && [singleBounds.low, singleBounds.high],
    tParallel: formulas.tParallel(times),
    tParallelCI95: workerBounds && tParallelInterval(workerBounds),
    speedup: formulas.speedup(tSingle, times),
    efficiency: formulas.efficiency(tSingle, times),
    combinedTime: formulas.combinedTime(times),
    linearRatio: formulas.linearRatio(tSingle, times),
    tSlowest: formulas.tSlowest(times),
    tSlowestCI95: workerBounds && tSlowestInterval(workerBounds),
    throughputSpeedup: scaled,
    throughputSpeedupCI95: singleBounds && workerBounds && throughputSpeedupInterval(singleBounds, workerBounds),
    throughputEfficiency: formulas.throughputEfficiency(tSingle, times),
    tSequential: formulas.tSequential(tSingle, workers),
    elapsed: elapsed(nodes, timeline),
    ...cost,
    endToEndSpeedup: cost.overhead === null ? null : formulas.endToEndSpeedup(tSingle, times, cost.overhead),
    breakEvenSeconds: cost.overhead === null ? null : formulas.breakEvenSeconds(cost.overhead, scaled),
    balancedSpeedup: formulas.balancedSpeedup(tSingle, times),
    imbalance: formulas.imbalance(times),
    karpFlatt: formulas.karpFlatt(scaled, workers),
    concurrency: concurrency(nodes),
    pi: formulas.pi(inside, samples),
    piStandardError: formulas.piStandardError(inside, samples),
    piDeviation: formulas.piDeviation(inside, samples),
  };
}

function roundTimes(rounds: readonly Round[], whose: string): Values {
  const times = rounds.map(({ seconds }, index) => positive(seconds, `${whose}, round ${index + 1}`));
  if (!isNonEmpty(times)) throw new Error(`${whose}: the record has no timed round, at least one is needed`);
  return times;
}

/** Everything here divides by times: one of 0 s would turn the figures into NaN and Infinity. */
function positive(seconds: number, whose: string): number {
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new Error(
    `${whose}: took ${seconds} s, which must be longer than 0 s; raise "samples" if a round is too short to be timed`,
  );
}
