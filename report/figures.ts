// The figures of a run as people read them: what the cluster is worth, and beside it what the tutorial makes of the same
// times. The summary, the read-me and the report show these and no others.
import { between, betweenSeconds, coarse, compactPercent, orDash, ratio, seconds } from "../analysis/format.ts";
import { type Metrics, metricTable } from "../analysis/metrics.ts";

/** One row, all of it text. */
export interface Figure {
  name: string;
  /** Its symbols, empty where it has none. */
  formula: string;
  /** With its unit; a dash where it is unknown or undefined. */
  value: string;
  /** 95 % interval, or another bound; empty where there is none. */
  interval: string;
  /** What it tells, a few words. */
  meaning: string;
}

/** The figures to believe, the most important first. */
export function honestFigures(metrics: Metrics): Figure[] {
  const { workers, overhead, endToEndSpeedup, breakEvenSeconds, karpFlatt, piDeviation } = metrics;
  return [
    {
      name: "throughput speed-up",
      formula: metricTable.throughputSpeedup.formula,
      value: ratio(metrics.throughputSpeedup),
      interval: between(metrics.throughputSpeedupCI95, ratio),
      meaning: `what all workers do together; ideal ${workers}`,
    },
    {
      name: "its efficiency",
      formula: "that / N",
      value: ratio(metrics.throughputEfficiency),
      interval: between(metrics.throughputSpeedupCI95, (value) => ratio(value / workers)),
      meaning: "what a worker is worth; ideal 1",
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
      meaning: "what waiting for it costs",
    },
    {
      name: "with work by speed",
      formula: metricTable.balancedSpeedup.formula,
      value: ratio(metrics.balancedSpeedup),
      interval: "",
      meaning: "speed-up if faster workers got more of the work",
    },
    {
      name: "serial fraction",
      formula: "Karp–Flatt",
      value: orDash(karpFlatt, ratio),
      interval: "",
      meaning: "0 is ideal; below it: superlinear",
    },
    {
      name: "overhead",
      formula: metricTable.overhead.symbol,
      value: orDash(overhead, coarse),
      interval: overhead === null ? "" : "± 1 s",
      meaning: partsOf(metrics),
    },
    {
      name: "end-to-end speed-up",
      formula: "",
      value: orDash(endToEndSpeedup, ratio),
      interval: "",
      meaning: `of one round, overhead included: ${metricTable.endToEndSpeedup.formula}`,
    },
    {
      name: "break-even",
      formula: metricTable.breakEvenSeconds.formula,
      value: orDash(breakEvenSeconds, coarse),
      interval: "",
      meaning:
        breakEvenSeconds !== null
          ? "jobs that take the single machine longer gain"
          : metrics.throughputSpeedup <= 1
            ? "none: the single machine is faster at any size"
            : "unknown, as the overhead is",
    },
    {
      name: "π",
      formula: "",
      value: metrics.pi.toFixed(6),
      interval: `± ${(1.96 * metrics.piStandardError).toFixed(6)}`,
      meaning: piDeviation === null ? "" : `${Math.abs(piDeviation).toFixed(1)} standard errors off`,
    },
  ];
}

/** What the tutorial computes, its headline first. */
export function tutorialFigures(metrics: Metrics): Figure[] {
  const { workers, tSingle, tParallel } = metrics;
  return [
    {
      name: "linear ratio",
      formula: metricTable.linearRatio.formula,
      value: `${ratio(metrics.linearRatio)}×`,
      interval: "",
      meaning: "a ratio of times, no gain: slower workers raise it",
    },
    {
      name: "speed-up",
      formula: metricTable.speedup.formula,
      value: ratio(metrics.speedup),
      interval: "",
      meaning: `${seconds(tSingle)} / ${seconds(tParallel)}; perfect equal machines have 1`,
    },
    {
      name: "efficiency",
      formula: "that / N",
      value: ratio(metrics.efficiency),
      interval: "",
      meaning: `perfect equal machines have 1/N = ${ratio(1 / workers)}`,
    },
    {
      name: "combined time",
      formula: metricTable.combinedTime.formula,
      value: seconds(metrics.combinedTime),
      interval: "",
      meaning: "all workers' computing time added up",
    },
    {
      name: "sequential",
      formula: metricTable.tSequential.formula,
      value: seconds(metrics.tSequential),
      interval: "",
      meaning: "the single machine doing all N shares",
    },
  ];
}

/** What the overhead is made of; good to a second, since Kubernetes stamps whole ones. */
function partsOf({ overhead, overheadParts: { scheduling, start, other } }: Metrics): string {
  if (overhead === null) return "unknown: the clocks contradict each other";
  return `what Kubernetes costs: scheduling ${orDash(scheduling, coarse)}, start ${orDash(start, coarse)}, other ${orDash(other, coarse)}`;
}
