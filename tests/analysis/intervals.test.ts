import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import {
  boundMean,
  boundMeans,
  type Interval,
  jobSpeedupInterval,
  type MeanBounds,
  meanInterval,
  throughputSpeedupInterval,
  tParallelInterval,
  tSlowestInterval,
} from "../../analysis/intervals.ts";
import { isNonEmpty, mapAll, mean, type NonEmpty, type Values } from "../../analysis/values.ts";

function near(t: ExecutionContext, found: Interval | null, expected: Interval, within = 1e-5) {
  const [low, high] = found ?? [Number.NaN, Number.NaN];
  t.true(
    Math.abs(low - expected[0]) <= within && Math.abs(high - expected[1]) <= within,
    `found [${found}], expected [${expected}]`,
  );
}

test("a mean of six rounds is known to Student's t with five degrees of freedom", (t) => {
  // 9 … 11: mean 10, s² = (1 + 0.36 + 0.04)·2/5 = 0.56; √(0.56/6) = 0.305505; t = 2.570582.
  near(t, meanInterval([9, 9.4, 9.8, 10.2, 10.6, 11]), [10 - 0.785_326, 10 + 0.785_326]);
});

test("equal rounds leave no doubt about their mean", (t) => {
  t.deepEqual(meanInterval([2, 2, 2]), [2, 2]);
});

for (const rounds of [[1], [1, 2]] as const) {
  test(`${rounds.length} rounds give no interval`, (t) => {
    t.is(meanInterval(rounds), null);
  });
}

test("no worker has bounds when one has too few rounds", (t) => {
  t.is(
    boundMeans([
      [1, 2, 3],
      [1, 2],
    ]),
    null,
  );
});

/** Bounds as they are, for what is made of them. */
const bound = (mean: number, low: number, high: number): MeanBounds => ({ mean, low, high, variance: 0, degrees: 5 });

test("T_P of four workers alike has a quarter of the variance and four times the degrees of freedom", (t) => {
  // Each 9 … 11 as above: variance of the mean 0.0933333/4, 20 degrees: 2.085963·0.152753.
  const one = boundMean([9, 9.4, 9.8, 10.2, 10.6, 11]) ?? bound(0, 0, 0);
  near(t, tParallelInterval([one, one, one, one]), [10 - 0.318_637, 10 + 0.318_637]);
});

test("T_P of workers whose spread differs is as uncertain as the one that scatters", (t) => {
  // (Σv)²/Σ(v²/ν) with v = 4 and 0: 5 degrees, √4/2 = 1; t = 2.570582.
  const workers: NonEmpty<MeanBounds> = [
    { ...bound(10, 0, 0), variance: 4 },
    { ...bound(12, 0, 0), variance: 0 },
  ];
  near(t, tParallelInterval(workers), [11 - 2.570_582, 11 + 2.570_582]);
});

test("T_P of one worker is its mean", (t) => {
  const one = boundMean([9, 9.4, 9.8, 10.2, 10.6, 11]) ?? bound(0, 0, 0);
  near(t, tParallelInterval([one]), [one.low, one.high]);
});

test("T_max of one worker is its own", (t) => {
  t.deepEqual(tSlowestInterval([bound(3.5, 3, 4)]), [3, 4]);
});

test("T_max of three: two lower ends may lie too high by chance, so the second highest counts", (t) => {
  // P(one or more of 3 with 2.5 %) = 7.3 % > 1.25 %; P(two or more) = 0.18 %. Their spread is too large for a surer end.
  const each = (low: number) => ({ ...bound(3, low, 4), variance: 4 });
  t.deepEqual(tSlowestInterval([each(1), each(1.1), each(2.9)]), [1.1, 4]);
});

test("T_max of a hundred: the eighth highest lower end counts", (t) => {
  // Binomial, 100 tries of 2.5 %: P(≥ 7) = 1.36 %, P(≥ 8) = 0.43 %.
  const [first, ...rest] = Array.from({ length: 100 }, (_, i) => ({ ...bound(150, i + 1, 200), variance: 1e4 }));
  t.deepEqual(first && tSlowestInterval([first, ...rest]), [93, 200]);
});

test("T_max: a worker that is surely the slowest is known as well as its own rounds are, and better with more of them", (t) => {
  // s = 0.04, √(s²/3) = 0.023094; above with t(0.975) = 4.302653, below with t(1 − 0.05/4/2) = 8.860157, two degrees of freedom.
  const workers = boundMeans([
    [1, 1.02, 0.98],
    [2, 2.04, 1.96],
  ]);
  near(t, workers && tSlowestInterval(workers), [2 - 0.204_617, 2 + 0.099_366]);
});

test("T_max: a worker whose rounds agree by chance is taken to scatter as the others do", (t) => {
  // Relative variance of a round: 0.01·4/2² = 0.01 of two, so of all; of the third 0.01·3²/4, 3.182446·0.15 = 0.477367
  // above it, and with t(1 − 0.05/4/3) = 6.231543 below.
  const usual = { ...bound(2, 1.9, 2.1), variance: 0.01, degrees: 3 };
  near(t, tSlowestInterval([usual, usual, { ...bound(3, 3, 3), degrees: 3 }]), [2.065_268, 3.477_367]);
});

test("the speed-up's ends are the roots of squared logarithmic distances away", (t) => {
  // Both means are 2, in [1, 4]: the ratio is 1, each distance ln 2, together sqrt(2)·ln 2; 2^±1.41421.
  const one = bound(2, 1, 4);
  near(t, throughputSpeedupInterval(one, [one]), [2 ** -Math.SQRT2, 2 ** Math.SQRT2]);
});

test("a single machine whose seconds were given leaves the speed-up the slowest worker's relative spread", (t) => {
  near(t, throughputSpeedupInterval({ mean: 2, low: 2, high: 2 }, [bound(4.5, 4, 5)]), [2 / 5, 2 / 4]);
});

test("end to end, the starts shift an estimate together with its ends", (t) => {
  // (1 + 2)/(2 + 2), between 2 and 5 above and between 3 and 6 below.
  const [one, starts] = [bound(2, 1, 4), { single: 1, workers: [2] }] as const;
  const [down, up] = [Math.hypot(Math.log(3 / 2), Math.log(6 / 4)), Math.hypot(Math.log(5 / 3), Math.log(4 / 3))];
  near(t, jobSpeedupInterval(1, one, [one], starts), [0.75 * Math.exp(-down), 0.75 * Math.exp(up)]);
});

test("end to end, a late pod is the one to wait for, whatever the others' spread", (t) => {
  // (0 + 2·3)/(20 + 2): the first pod is done before 5 s in any case, and the second's rounds leave no doubt.
  const given = { mean: 3, low: 3, high: 3 };
  near(t, jobSpeedupInterval(2, given, [bound(2, 1, 4), bound(2, 2, 2)], { single: 0, workers: [1, 20] }), [
    6 / 22,
    6 / 22,
  ]);
});

test("the same work divided: the workers' ends are divided, their starts are not", (t) => {
  // (2 + 6)/(1 + 4/2); the slower part lies between 1 + 3/2 and 1 + 6/2, the lower end is the other's, 1 + 1/2.
  const given = { mean: 6, low: 6, high: 6 };
  const starts = { single: 2, workers: [1, 1] } as const;
  const workers = [
    { ...bound(4, 3, 6), variance: 16 },
    { ...bound(1, 1, 1), variance: 1 },
  ] as const;
  near(t, jobSpeedupInterval(1, given, workers, starts), [8 / 4, 8 / 1.5]);
});

const time = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
const machine = nonEmpty(fc.array(time, { minLength: 3, maxLength: 20 }));
const cluster = nonEmpty(fc.array(machine, { minLength: 1, maxLength: 12 }));

function nonEmpty<T>(arrays: fc.Arbitrary<T[]>): fc.Arbitrary<NonEmpty<T>> {
  // The filter's type does not follow from that of an array, its result does: `isNonEmpty` has looked.
  return arrays.filter(isNonEmpty) as fc.Arbitrary<unknown> as fc.Arbitrary<NonEmpty<T>>;
}

/** Ordered, above 0, and around its estimate, but for the last digits. */
const holds = ([low, high]: Interval, estimate: number) =>
  low >= 0 && low <= high && low <= estimate * (1 + 1e-12) && estimate <= high * (1 + 1e-12);

test("every interval is ordered and contains its estimate", (t) => {
  const law = fc.property(machine, cluster, (singleTimes, workerTimes) => {
    const single = boundMean(singleTimes);
    const workers = boundMeans(workerTimes);
    const means = mapAll<Values, number>(workerTimes, mean);
    const slowest = Math.max(...means);
    return (
      single !== null &&
      workers !== null &&
      holds([single.low, single.high], mean(singleTimes)) &&
      holds(tParallelInterval(workers), mean(means)) &&
      holds(tSlowestInterval(workers), slowest) &&
      holds(throughputSpeedupInterval(single, workers), (workers.length * single.mean) / slowest)
    );
  });
  t.notThrows(() => fc.assert(law, { numRuns: 500 }));
});
