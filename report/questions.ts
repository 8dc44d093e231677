// The question that each speed-up answers, for readers who ask "Amdahl or Gustafson?": three figures of one run, side
// by side.
import { between, orDash, ratio, seconds } from "../analysis/format.ts";
import { type Metrics, metricTable } from "../analysis/metrics.ts";

/** One row, all of it text. */
export interface Question {
  question: string;
  /** Whose question it is. */
  whose: string;
  formula: string;
  value: string;
  /** 95 % interval; empty if there is none. */
  interval: string;
}

/** The same work divided, N times the work, and the tutorial's ratio, which is neither. */
export function questionsOf(metrics: Metrics): Question[] {
  return [
    {
      question: "the same work, divided",
      whose: "Amdahl",
      formula: metricTable.fixedSizeSpeedup.formula,
      value: orDash(metrics.fixedSizeSpeedup, ratio),
      interval: between(metrics.fixedSizeSpeedupCI95, ratio),
    },
    {
      question: "N times the work",
      whose: "Gustafson",
      formula: metricTable.throughputSpeedup.formula,
      value: ratio(metrics.throughputSpeedup),
      interval: between(metrics.throughputSpeedupCI95, ratio),
    },
    {
      question: "the tutorial's ratio",
      whose: "neither",
      formula: metricTable.speedup.formula,
      value: ratio(metrics.speedup),
      interval: "",
    },
  ];
}

/** Why the tutorial's ratio is neither, and why nobody waits for its sum of times. */
export function tutorialRemark({ workers, combinedTime, tSlowest }: Metrics): string {
  const neither = "The tutorial's ratio is neither, because every machine does the whole work.";
  if (workers === 1) return neither;
  return `${neither} N·T_P = ${seconds(combinedTime)} is processor time, which no clock shows. The wall clock shows ${seconds(tSlowest)}.`;
}
