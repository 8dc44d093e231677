import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import {
  boundMedian,
  boundMedians,
  type Interval,
  levelReached,
  type MedianBounds,
  medianInterval,
  throughputSpeedupInterval,
  tParallelInterval,
  tSlowestInterval,
} from "../../analysis/intervals.ts";
import { isNonEmpty, mapAll, mean, median, type NonEmpty, type Values } from "../../analysis/values.ts";
import { figures, noiseNames, requiredCoverage, shapeNames, simulate } from "../bench/simulation.ts";

/** 1, 2, …, n: the value at a rank is the rank. */
const ranks = (n: number): Values => [1, ...Array.from({ length: n - 1 }, (_, i) => i + 2)];

// Ranks and levels as printed in textbook tables of confidence intervals for a median; the innermost with 95 % or more.
const printed: readonly [rounds: number, low: number, high: number, percent: number][] = [
  [6, 1, 6, 96.9],
  [7, 1, 7, 98.4],
  [8, 1, 8, 99.2],
  [9, 2, 8, 96.1],
  [10, 2, 9, 97.9],
  [12, 3, 10, 96.1],
  [15, 4, 12, 96.5],
  [17, 5, 13, 95.1],
  [20, 6, 15, 95.9],
];

for (const [rounds, low, high, percent] of printed) {
  test(`the median of ${rounds} rounds lies between ranks ${low} and ${high} with ${percent} %`, (t) => {
    t.deepEqual(medianInterval(ranks(rounds)), [low, high]);
    t.true(Math.abs(100 * levelReached(rounds) - percent) <= 0.051);
  });
}

// 1 − 2·0.5^n
for (const [rounds, level] of [
  [1, 0],
  [2, 0.5],
  [3, 0.75],
  [5, 0.9375],
] as const) {
  test(`with ${rounds} rounds a median reaches ${100 * level} % and has no interval`, (t) => {
    t.is(medianInterval(ranks(rounds)), null);
    t.is(levelReached(rounds), level);
  });
}

test("the order in which rounds came does not matter", (t) => {
  t.deepEqual(medianInterval([5, 3, 6, 1, 4, 2]), [1, 6]);
});

test("thousands of rounds still have an interval", (t) => {
  // Normal approximation: 2500 ± 1.96·sqrt(5000)/2 = 2500 ± 69
  const [low, high] = medianInterval(ranks(5000)) ?? [0, 0];
  t.true(Math.abs(low - 2431) <= 2 && Math.abs(high - 2570) <= 2, `found [${low}, ${high}]`);
});

test("no worker has bounds when one has too few rounds", (t) => {
  t.is(boundMedians([ranks(6), ranks(5)]), null);
});

function bounds(...machines: NonEmpty<Values>): NonEmpty<MedianBounds> {
  const found = boundMedians(machines);
  if (found === null) throw new Error("six rounds are needed");
  return found;
}

/** Six rounds from `low` to `high`. */
const six = (low: number, high: number): Values => [low, high, ...new Array<number>(4).fill((low + high) / 2)];

function near(t: ExecutionContext, found: Interval, expected: Interval, within = 1e-5) {
  const close = Math.abs(found[0] - expected[0]) <= within && Math.abs(found[1] - expected[1]) <= within;
  t.true(close, `found [${found}], expected [${expected}]`);
}

test("T_P of four workers with rounds 1 to 6: from the mean below and above, 1.96 errors of a mean of four", (t) => {
  // K of 6 has chances 1, 6, 15, 20, 15, 6, 1 of 64. Mean of the K-th smallest (the first for K = 0): 3 + 1/64 = 3.01563, its
  // square 1.5 + 9 + 1/64 = 10.51563, variance 1.42163, error sqrt(4·1.42163)/4 = 0.59616; 3.01563 − 1.96·0.59616 = 1.84715.
  near(t, tParallelInterval(bounds(ranks(6), ranks(6), ranks(6), ranks(6))), [1.84715, 7 - 1.84715]);
});

test("T_P of one worker is its median", (t) => {
  t.deepEqual(tParallelInterval(bounds(ranks(6))), [1, 6]);
});

test("T_P's interval gets narrower with more workers", (t) => {
  const width = (workers: number) => {
    const [low, high] = tParallelInterval(bounds(ranks(6), ...new Array<Values>(workers - 1).fill(ranks(6))));
    return high - low;
  };
  t.true(width(3) < width(1) && width(20) < width(3) && width(100) < width(20));
});

test("T_max: a worker far slower than the others is the slowest", (t) => {
  // Of c = 1 candidate one lower end misses with 1/64 = 1.6 % <= 5 % − 1/64 = 3.4 %, so k = 1.
  t.deepEqual(tSlowestInterval(bounds(six(1, 2), six(1.1, 2.1), six(3, 4))), [3, 4]);
});

test("T_max: of two candidates the highest lower end counts", (t) => {
  // 1 − (63/64)² = 3.1 % <= 3.4 %: k = 1.
  t.deepEqual(tSlowestInterval(bounds(six(0.1, 0.2), six(1.1, 2.1), six(1.2, 2.2))), [1.2, 2.2]);
});

test("T_max: of three candidates the second highest lower end counts", (t) => {
  // 1 − (63/64)³ = 4.6 % > 3.4 %: k = 2.
  t.deepEqual(tSlowestInterval(bounds(six(1, 2), six(1.1, 2.1), six(1.2, 2.2))), [1.1, 2.2]);
});

test("T_max: of a hundred candidates the fifth highest lower end counts", (t) => {
  // Binomial, 100 tries of 1/64: P(>= 4) = 7.2 %, P(>= 5) = 2.1 %: k = 5, of lower ends 1 to 100 the 96.
  t.deepEqual(
    tSlowestInterval(bounds(six(1, 200), ...Array.from({ length: 99 }, (_, i) => six(i + 2, 200)))),
    [96, 200],
  );
});

test("the speed-up's ends are the roots of squared logarithmic distances away", (t) => {
  // Both medians are 2, in [1, 4]: the ratio is 1, each distance ln 2, together sqrt(2)·ln 2; 2^±1.41421.
  const rounds: Values = [1, 2, 2, 2, 2, 4];
  const [single] = bounds(rounds);
  near(t, throughputSpeedupInterval(single, bounds(rounds)), [2 ** -Math.SQRT2, 2 ** Math.SQRT2]);
});

test("a single machine without spread leaves the speed-up the slowest worker's relative spread", (t) => {
  const [single] = bounds(six(2, 2));
  near(t, throughputSpeedupInterval(single, bounds(six(4, 5))), [2 / 5, 2 / 4]);
});

const time = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
const machine = nonEmpty(fc.array(time, { minLength: 6, maxLength: 20 }));
const cluster = nonEmpty(fc.array(machine, { minLength: 1, maxLength: 12 }));

function nonEmpty<T>(arrays: fc.Arbitrary<T[]>): fc.Arbitrary<NonEmpty<T>> {
  // The filter's type does not follow from that of an array, its result does: `isNonEmpty` has looked.
  return arrays.filter(isNonEmpty) as fc.Arbitrary<unknown> as fc.Arbitrary<NonEmpty<T>>;
}

/** Ordered and around its estimate, but for the last digits. */
const holds = ([low, high]: Interval, estimate: number) =>
  low <= high && low <= estimate * (1 + 1e-12) && estimate <= high * (1 + 1e-12);

test("every interval is ordered and contains its estimate", (t) => {
  const law = fc.property(machine, cluster, (singleTimes, workerTimes) => {
    const single = boundMedian(singleTimes);
    const workers = bounds(...workerTimes);
    const medians = mapAll(workerTimes, median);
    const slowest = Math.max(...medians);
    return (
      single !== null &&
      holds([single.low, single.high], median(singleTimes)) &&
      holds(tParallelInterval(workers), mean(medians)) &&
      holds(tSlowestInterval(workers), slowest) &&
      holds(throughputSpeedupInterval(single, workers), (workers.length * single.median) / slowest)
    );
  });
  t.notThrows(() => fc.assert(law, { numRuns: 500 }));
});

test("T_P's interval is never wider than the mean of the workers' own ends", (t) => {
  const law = fc.property(cluster, (workerTimes) => {
    const workers = bounds(...workerTimes);
    const [low, high] = tParallelInterval(workers);
    const ends = [
      mean(mapAll(workers, (worker) => worker.low)),
      mean(mapAll(workers, (worker) => worker.high)),
    ] as const;
    return low >= ends[0] * (1 - 1e-12) && high <= ends[1] * (1 + 1e-12);
  });
  t.notThrows(() => fc.assert(law));
});

// A fast cut of tests/bench/coverage.ts: all of three workers, and the hardest of a hundred.
const cut = [
  ...noiseNames.flatMap((noise) =>
    shapeNames.flatMap((shape) => [6, 10, 30].map((rounds) => ({ workers: 3, rounds, noise, shape, runs: 1500 }))),
  ),
  ...[6, 30].map((rounds) => ({
    workers: 100,
    rounds,
    noise: "log-normal" as const,
    shape: "equal" as const,
    runs: 500,
  })),
  ...[6, 30].map((rounds) => ({
    workers: 100,
    rounds,
    noise: "normal" as const,
    shape: "one slow" as const,
    runs: 500,
  })),
];

for (const { runs, ...setting } of cut) {
  const { workers, rounds, noise, shape } = setting;
  const required = requiredCoverage(runs);
  test(`intervals of ${workers} workers (${shape}) with ${rounds} ${noise} rounds cover at least ${(100 * required).toFixed(1)} %`, (t) => {
    const outcome = simulate(setting, runs);
    for (const figure of figures)
      t.true(outcome[figure].coverage >= required, `${figure}: ${outcome[figure].coverage}`);
  });
}
