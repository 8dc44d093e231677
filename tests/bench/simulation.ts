// Simulated runs of which the true figures are known: how often do the intervals hold them, and how wide are they?
//
// The true time of a machine is the median of the distribution that its rounds come from; the true T_P, T_max and speed-up
// are made of those by the same formulas. For `throttled`, where the first half of the rounds takes t and the second half
// 1.5·t (each with noise), the distribution is the even mixture of both levels: its median lies between them, at
// t·sqrt(1.5) because the noise is symmetric in logarithms.
import { throughputSpeedup, tParallel, tSlowest } from "../../analysis/formulas.ts";
import {
  boundMedian,
  boundMedians,
  type Interval,
  throughputSpeedupInterval,
  tParallelInterval,
  tSlowestInterval,
} from "../../analysis/intervals.ts";
import { isNonEmpty, mapAll, type NonEmpty, type Values } from "../../analysis/values.ts";

export const workerCounts = [3, 20, 100] as const;
export const roundCounts = [6, 10, 30] as const;

type Random = () => number;

/** Relative time of one round, by its position in the run (0 up to, not including, 1); `median` is the true one. */
const noises = {
  normal: { median: 1, round: (random: Random) => 1 + 0.05 * normal(random) },
  "log-normal": { median: 1, round: (random: Random) => Math.exp(0.2 * normal(random)) },
  throttled: {
    median: Math.sqrt(1.5),
    round: (random: Random, position: number) => (position < 0.5 ? 1 : 1.5) * Math.exp(0.05 * normal(random)),
  },
};
export type Noise = keyof typeof noises;
export const noiseNames: readonly Noise[] = ["normal", "log-normal", "throttled"];

/** Relative true time of worker i of N. A slow one is a tenth slower: near enough to the noise to be mistaken. */
const shapes = {
  equal: () => 1,
  "one slow": (i: number) => (i < 1 ? 1.1 : 1),
  "two slow": (i: number) => (i < 2 ? 1.1 : 1),
  spread: (i: number, workers: number) => 1 + (0.2 * i) / (workers - 1),
};
export type Shape = keyof typeof shapes;
export const shapeNames: readonly Shape[] = ["equal", "one slow", "two slow", "spread"];

export const figures = ["tSingle", "tParallel", "tSlowest", "throughputSpeedup"] as const;
export type Figure = (typeof figures)[number];

export interface Setting {
  workers: number;
  rounds: number;
  noise: Noise;
  shape: Shape;
}

/** Shares: of the runs whose interval holds the true figure, and the interval's mean width in terms of that figure. */
export type Outcome = Record<Figure, { coverage: number; width: number }>;

/** The single machine's true time relative to a worker's: the tutorial's laptop is faster, how much does not matter. */
const singleScale = 0.8;

/** Repeats one setting; the same setting and number of runs give the same outcome, on every machine. */
export function simulate({ workers, rounds, noise, shape }: Setting, runs: number): Outcome {
  const random = generator(`${workers} ${rounds} ${noise} ${shape}`);
  const { median, round } = noises[noise];
  const scales = nonEmpty(Array.from({ length: workers }, (_, i) => shapes[shape](i, workers)));
  const machine = (scale: number): Values =>
    nonEmpty(Array.from({ length: rounds }, (_, i) => scale * round(random, i / rounds)));

  const trueSingle = singleScale * median;
  const trueTimes = mapAll(scales, (scale) => scale * median);
  const truth: Record<Figure, number> = {
    tSingle: trueSingle,
    tParallel: tParallel(trueTimes),
    tSlowest: tSlowest(trueTimes),
    throughputSpeedup: throughputSpeedup(trueSingle, trueTimes),
  };

  const held: Record<Figure, number> = { tSingle: 0, tParallel: 0, tSlowest: 0, throughputSpeedup: 0 };
  const widths: Record<Figure, number> = { ...held };
  for (let run = 0; run < runs; run++) {
    const single = boundMedian(machine(singleScale));
    const bounds = boundMedians(mapAll(scales, machine));
    if (single === null || bounds === null) throw new RangeError(`${rounds} rounds give no interval to simulate`);
    const intervals: Record<Figure, Interval> = {
      tSingle: [single.low, single.high],
      tParallel: tParallelInterval(bounds),
      tSlowest: tSlowestInterval(bounds),
      throughputSpeedup: throughputSpeedupInterval(single, bounds),
    };
    for (const figure of figures) {
      const [low, high] = intervals[figure];
      if (low <= truth[figure] && truth[figure] <= high) held[figure]++;
      widths[figure] += (high - low) / truth[figure];
    }
  }
  const outcome = (figure: Figure) => ({ coverage: held[figure] / runs, width: widths[figure] / runs });
  return {
    tSingle: outcome("tSingle"),
    tParallel: outcome("tParallel"),
    tSlowest: outcome("tSlowest"),
    throughputSpeedup: outcome("throughputSpeedup"),
  };
}

/**
 * The coverage below which an interval counts as broken: 94 %. With fewer than 1,500 runs chance alone falls below that, so there
 * it is four standard errors below 95.7 %, the smallest level that the order statistics of these numbers of rounds have.
 */
export function requiredCoverage(runs: number): number {
  const level = 0.957;
  return runs >= 1500 ? 0.94 : level - 4 * Math.sqrt((level * (1 - level)) / runs);
}

function nonEmpty<T>(values: readonly T[]): NonEmpty<T> {
  if (!isNonEmpty(values)) throw new RangeError("a simulation needs at least one worker and one round");
  return values;
}

/** Standard normal, by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Repeatable numbers in [0, 1) from a text: Weyl sequence with a mixing function (mulberry32); JavaScript's own generator takes no seed. */
function generator(seed: string): Random {
  let state = 2166136261;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
