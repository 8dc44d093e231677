// The figures of a run as shown to users: the speed-up of the cluster, and next to it the tutorial's figures from the
// same times. The summary, the read-me and the report show exactly these.
import type { Assessment } from "../analysis/assessment.ts";
import {
  between,
  betweenOpenSeconds,
  betweenSeconds,
  compactPercent,
  milli,
  orDash,
  plusMinus,
  ratio,
  seconds,
} from "../analysis/format.ts";
import { type Metrics, metricTable } from "../analysis/metrics.ts";
import { isMeasured, type SingleMachine } from "../analysis/records.ts";
import { singleSubject } from "./single-machine.ts";
import { outcomeOf } from "./verdict.ts";

/** One row, all of it text. */
export interface Figure {
  name: string;
  /** Its symbols, empty if it has none. */
  formula: string;
  /** With its unit; a dash if it is unknown or undefined. */
  value: string;
  /** 95 % interval; empty if there is none. */
  interval: string;
  /** What it means, in a few words. */
  meaning: string;
}

/** The figures to trust, the most important first. */
export function honestFigures({ metrics, baseline }: Pick<Assessment, "metrics" | "baseline">): Figure[] {
  const { workers, karpFlatt, piDeviation, throughputSpeedupBound } = metrics;
  return [
    {
      name: "throughput speed-up S",
      formula: metricTable.throughputSpeedup.formula,
      value: ratio(metrics.throughputSpeedup),
      interval: between(metrics.throughputSpeedupCI95, ratio),
      meaning: `all workers together, compared with ${singleSubject(baseline)}; ideal ${workers}`,
    },
    ...(throughputSpeedupBound === null
      ? []
      : [
          {
            name: "bound of the cores",
            formula: "",
            value: ratio(throughputSpeedupBound),
            interval: "",
            meaning: `the most that the hosts' cores allow; the interval ${isBeyond(metrics) ? "lies beyond it, see the notes" : "ends there"}`,
          },
        ]),
    {
      name: "precision",
      formula: "",
      value: metrics.precision === null ? "–" : plusMinus(metrics.precision),
      interval: "",
      meaning: "half the width of S's interval before it is limited; up to 10 % is precise",
    },
    {
      name: "its efficiency",
      formula: metricTable.throughputEfficiency.formula,
      value: ratio(metrics.throughputEfficiency),
      interval: between(metrics.throughputSpeedupCI95, (value) => ratio(value / workers)),
      meaning: "throughput speed-up per worker; ideal 1",
    },
    {
      name: "by wall clocks",
      formula: "",
      value: orDash(metrics.makespanSpeedup, ratio),
      interval: "",
      meaning: "all rounds from the first start to the last end, without assumptions",
    },
    {
      name: "end-to-end speed-up",
      formula: "",
      value: orDash(metrics.endToEndSpeedup, ratio),
      interval: between(metrics.endToEndSpeedupCI95, ratio),
      meaning: `one round, including the overhead of both sides: ${metricTable.endToEndSpeedup.formula}`,
    },
    {
      name: "same work divided",
      formula: "",
      value: orDash(metrics.fixedSizeSpeedup, ratio),
      interval: between(metrics.fixedSizeSpeedupCI95, ratio),
      meaning: `one share of work divided among all, including the overhead of both sides: ${metricTable.fixedSizeSpeedup.formula}`,
    },
    {
      name: "break-even",
      formula: "",
      value: orDash(metrics.breakEvenSeconds, seconds),
      interval: betweenOpenSeconds(metrics.breakEvenCI95),
      meaning: breakEvenMeaning(metrics, baseline),
    },
    {
      name: "single machine",
      formula: metricTable.tSingle.symbol,
      value: seconds(metrics.tSingle),
      interval: betweenSeconds(metrics.tSingleCI95),
      meaning: isMeasured(baseline) ? "its mean round, one share of work" : "given, not measured here",
    },
    {
      name: "mean worker",
      formula: metricTable.tParallel.symbol,
      value: seconds(metrics.tParallel),
      interval: betweenSeconds(metrics.tParallelCI95),
      meaning: "mean of the workers' mean rounds",
    },
    {
      name: "slowest worker",
      formula: metricTable.tSlowest.symbol,
      value: seconds(metrics.tSlowest),
      interval: betweenSeconds(metrics.tSlowestCI95),
      meaning: "the others wait for it",
    },
    {
      name: "load imbalance",
      formula: metricTable.imbalance.formula,
      value: compactPercent(metrics.imbalance),
      interval: "",
      meaning: "by how much the slowest exceeds the mean",
    },
    {
      name: "with work by speed",
      formula: metricTable.balancedSpeedup.formula,
      value: ratio(metrics.balancedSpeedup),
      interval: "",
      meaning: "the speed-up if faster workers got more of the work",
    },
    ...(karpFlatt === null
      ? []
      : [
          {
            name: "serial fraction",
            formula: "Karp–Flatt",
            value: ratio(karpFlatt),
            interval: "",
            meaning: "0 is ideal, below 0 is superlinear; one worker count says little",
          },
        ]),
    {
      name: "overhead",
      formula: metricTable.overhead.symbol,
      value: orDash(metrics.overhead, milli),
      interval: "",
      meaning: partsOf(metrics),
    },
    ...(isMeasured(baseline)
      ? [
          {
            name: "single machine's",
            formula: "O_S",
            value: orDash(baseline.overhead, milli),
            interval: "",
            meaning: "its overhead, mean of both halves",
          },
        ]
      : []),
    {
      name: "π",
      formula: "",
      value: metrics.pi.toFixed(6),
      interval: `± ${(1.96 * metrics.piStandardError).toFixed(6)}`,
      meaning: piDeviation === null ? "" : `${Math.abs(piDeviation).toFixed(1)} standard errors off`,
    },
  ];
}

/** Whether S's interval lies in an impossible range. */
function isBeyond({ throughputSpeedupBound: bound, throughputSpeedupCI95: interval }: Metrics): boolean {
  return bound !== null && interval !== null && interval[0] > bound;
}

/** The tutorial's figures, its headline first. */
export function tutorialFigures(metrics: Metrics): Figure[] {
  const { workers, tSingle, tParallel } = metrics;
  return [
    {
      name: "linear ratio",
      formula: metricTable.linearRatio.formula,
      value: `${ratio(metrics.linearRatio)}×`,
      interval: "",
      meaning: "a ratio of times, not a speed-up; slower workers increase it",
    },
    {
      name: "speed-up",
      formula: metricTable.speedup.formula,
      value: ratio(metrics.speedup),
      interval: "",
      meaning: `${seconds(tSingle)} / ${seconds(tParallel)}; perfectly equal machines have 1`,
    },
    {
      name: "efficiency",
      formula: "that / N",
      value: ratio(metrics.efficiency),
      interval: "",
      meaning: `perfectly equal machines have 1/N = ${ratio(1 / workers)}`,
    },
    {
      name: "combined time",
      formula: metricTable.combinedTime.formula,
      value: seconds(metrics.combinedTime),
      interval: "",
      meaning: "processor time of all workers added up; no clock shows it",
    },
    {
      name: "sequential",
      formula: metricTable.tSequential.formula,
      value: seconds(metrics.tSequential),
      interval: "",
      meaning: "the single machine doing all N shares, one after another",
    },
  ];
}

function breakEvenMeaning(metrics: Metrics, baseline: SingleMachine): string {
  if (metrics.breakEvenSeconds !== null)
    return `the cluster is faster for jobs that take ${singleSubject(baseline)} longer`;
  switch (outcomeOf(metrics)) {
    case "slower":
      return metrics.workers === 1 ? "none: it never catches up" : "none with equal parts: they never catch up";
    case "faster":
      return metrics.overhead === null ? "unknown, like the overhead" : "unknown, like the single machine's overhead";
    case "undecided":
      return metrics.breakEvenCI95 === null
        ? "undecided; the rounds cannot show which is faster"
        : "undecided; the cluster is not faster for jobs below the interval";
  }
}

/** The parts of the overhead, by the collector's clock. */
function partsOf({ overhead, overheadParts: { scheduling, start, other } }: Metrics): string {
  if (overhead === null) return "unknown, like all figures derived from it";
  return `all time besides computing: scheduling ${orDash(scheduling, milli)}, start ${orDash(start, milli)}, other ${orDash(other, milli)}`;
}
