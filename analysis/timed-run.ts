// What the formulas need of a run, taken from its records once.
import { boundMedian, boundMedians, type MedianBounds } from "./intervals.ts";
import { isMeasured, type NodeRecord, type Run, type SingleMachine, type Timeline } from "./records.ts";
import { roundTimes } from "./round-times.ts";
import { isNonEmpty, mapAll, median, type NonEmpty, sum, type Values } from "./values.ts";

/** A run as the formulas see it. */
export interface TimedRun {
  /** By index, so that the order in which records arrive changes not even the last digit of a sum. */
  nodes: NonEmpty<NodeRecord>;
  timeline: Timeline | null;
  /** N. */
  workers: number;
  /** T_i of every worker. */
  times: Values;
  /** T_S. */
  tSingle: number;
  /** Null where the single machine was not measured, or in too few rounds. */
  singleBounds: MedianBounds | null;
  /** Null where a worker has too few rounds. */
  workerBounds: NonEmpty<MedianBounds> | null;
  /** Timed rounds of all workers. */
  rounds: number;
  /** Throws in them. */
  samples: number;
  /** Throws that fell in the circle. */
  inside: number;
}

/** @throws Error when there is no worker's record, or a time that is not longer than 0 s. */
export function timedRun(records: readonly NodeRecord[], baseline: SingleMachine, timeline: Timeline | null): TimedRun {
  const nodes = records.toSorted((a, b) => a.index - b.index);
  if (!isNonEmpty(nodes)) throw new Error("there is no worker's record: metrics need at least one");
  const rounds = mapAll(nodes, (node) => positiveTimes(node, `worker ${node.node}`));
  const single = isMeasured(baseline) ? positiveTimes(baseline, "the baseline") : null;
  return {
    nodes,
    timeline,
    workers: nodes.length,
    times: mapAll(rounds, median),
    tSingle: single === null ? positive(baseline.seconds, "the baseline given") : median(single),
    singleBounds: single && boundMedian(single),
    workerBounds: boundMedians(rounds),
    rounds: sum(rounds.map(({ length }) => length)),
    samples: sum(nodes.map((node) => node.samples)),
    inside: sum(nodes.map((node) => node.inside)),
  };
}

function positiveTimes(run: Run, whose: string): Values {
  const times = roundTimes(run).map((time, index) => positive(time, `${whose}, round ${index + 1}`));
  if (!isNonEmpty(times)) throw new Error(`${whose}: the record has no timed round, at least one is needed`);
  return times;
}

/** Every figure divides by times: one of 0 s would turn the figures into NaN and Infinity. */
function positive(seconds: number, whose: string): number {
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new Error(
    `${whose}: took ${seconds} s, which must be longer than 0 s; raise "samples" if a round is too short to be timed`,
  );
}
