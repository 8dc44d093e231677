// The inputs of the formulas, extracted once from the records of a run.
import { type CommonWindow, clockShift, commonWindow, originOf, timedSpan } from "./common-window.ts";
import { hostsOf, throughputSpeedupBound } from "./hosts.ts";
import { boundMean, boundMeans, type Interval, type MeanBounds, throughputSpeedupInterval } from "./intervals.ts";
import { elapsed, type Overhead, overhead } from "./overhead.ts";
import { isMeasured, type NodeRecord, type Round, type SingleMachine, type Timeline, workerOf } from "./records.ts";
import { isNonEmpty, mapAll, mean, type NonEmpty, sum, type Values } from "./values.ts";

/** A run as the formulas see it. Times are in seconds. */
export interface TimedRun {
  /** N. */
  workers: number;
  /** R, the rounds of each worker, whether they count or not. */
  roundsPerWorker: number;
  /** Which rounds count. */
  window: CommonWindow;
  /** T_i of every worker: the mean of the rounds that count. */
  times: Values;
  /** T_S. */
  tSingle: number;
  /** Null if the single machine was measured in too few rounds. Given seconds are exact. */
  singleBounds: Pick<MeanBounds, "mean" | "low" | "high"> | null;
  /** Whether the single machine has enough rounds for an interval. */
  singleInterval: Interval | null;
  /** Null if a worker has too few rounds. */
  workerBounds: NonEmpty<MeanBounds> | null;
  /** S's interval before it is limited by the bound. */
  speedupInterval: Interval | null;
  /** The speed-up that the hosts' cores allow; null if unknown. */
  bound: number | null;
  /** From the first round's start to the last round's end, over all pods; null if the clocks can't be aligned. */
  makespan: number | null;
  /** From the release until the last result was read; null if unknown. */
  elapsed: number | null;
  /** The time that the run adds to computing. */
  cost: Overhead;
  /** O_S; null if unknown. */
  singleOverhead: number | null;
  /** Whether the single machine is one of the workers, and no two workers share a computer. */
  equalHosts: boolean;
  /** Samples of one worker in one round. */
  samplesPerWorker: number;
  /** Samples in all timed rounds of all workers. */
  samples: number;
  /** Samples inside the circle. */
  inside: number;
}

/** @throws Error if there is no record of a worker, or a time that is not longer than 0 s. */
export function timedRun(records: readonly NodeRecord[], baseline: SingleMachine, timeline: Timeline | null): TimedRun {
  // Sorted by index, so that the order in which records arrive does not change even the last digit of a sum.
  const nodes = records.toSorted((a, b) => a.index - b.index);
  if (!isNonEmpty(nodes)) throw new Error("there is no worker's record: metrics need at least one");
  const window = commonWindow(nodes, timeline);
  // Rounds that do not count are checked as well.
  for (const node of nodes) times(node.rounds, `worker ${node.node}`);
  const counted = mapAll(window.counted, (rounds) => times(rounds, "a worker"));
  const single = isMeasured(baseline) ? times(baseline.rounds, "the baseline") : null;
  const tSingle = single === null ? positive(baseline.seconds, "the baseline given") : mean(single);
  const measured = single && boundMean(single);
  const singleBounds = single === null ? { mean: tSingle, low: tSingle, high: tSingle } : measured;
  const workerBounds = boundMeans(counted);
  const samples = sum(nodes.map((node) => node.samples));
  const rounds = sum(nodes.map((node) => node.rounds.length));
  return {
    workers: nodes.length,
    roundsPerWorker: rounds / nodes.length,
    window,
    times: mapAll(counted, mean),
    tSingle,
    singleBounds,
    singleInterval: measured && [measured.low, measured.high],
    workerBounds,
    speedupInterval: singleBounds && workerBounds && throughputSpeedupInterval(singleBounds, workerBounds),
    bound: throughputSpeedupBound(nodes, baseline),
    makespan: makespan(nodes, timeline),
    elapsed: elapsed(timeline),
    cost: overhead(nodes, timeline),
    singleOverhead: isMeasured(baseline) ? baseline.overhead : 0,
    equalHosts: workerOf(baseline) !== undefined && hostsOf(nodes).length === nodes.length,
    samplesPerWorker: samples / rounds,
    samples,
    inside: sum(nodes.map((node) => node.inside)),
  };
}

function makespan(nodes: NonEmpty<NodeRecord>, timeline: Timeline | null): number | null {
  const shifts = nodes.map(({ index }) => clockShift(timeline, index));
  if (nodes.length > 1 && shifts.includes(null)) return null;
  const spans = nodes.map((node, i) => timedSpan(node, originOf(nodes), shifts[i] ?? 0));
  const span = Math.max(...spans.map(({ end }) => end)) - Math.min(...spans.map(({ start }) => start));
  // If a clock was set back, there is no span.
  return span > 0 ? span : null;
}

function times(rounds: readonly Round[], whose: string): Values {
  const seconds = rounds.map((round, index) => positive(round.seconds, `${whose}, round ${index + 1}`));
  if (!isNonEmpty(seconds)) throw new Error(`${whose}: the record has no timed round, at least one is needed`);
  return seconds;
}

/** Every figure divides by times: 0 s would turn the figures into NaN and Infinity. */
function positive(seconds: number, whose: string): number {
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new Error(
    `${whose}: took ${seconds} s, which must be longer than 0 s; raise "samples" if a round is too short to be timed`,
  );
}
