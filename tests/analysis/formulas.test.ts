import test from "ava";
import {
  balancedSpeedup,
  breakEvenSeconds,
  combinedTime,
  efficiency,
  endToEndSpeedup,
  fixedSizeSpeedup,
  imbalance,
  karpFlatt,
  linearRatio,
  makespanSpeedup,
  pi,
  piDeviation,
  piStandardError,
  speedup,
  throughputEfficiency,
  throughputSpeedup,
  tParallel,
  tSequential,
  tSlowest,
} from "../../analysis/formulas.ts";
import { median, type Values } from "../../analysis/values.ts";

/** The tutorial gives N·T_P ≈ 17.2 s for its three Raspberry Pis, not each time; these add up to it: 5.68 + 5.73 + 5.79. */
const tutorial: Values = [5.68, 5.73, 5.79];
const laptop = 1.52;

interface Case {
  what: string;
  found: number | null;
  expected: number | null;
  /** Half of the last digit that the source prints. */
  within?: number;
}

const exact = 1e-12;

const byTheTutorial: readonly Case[] = [
  { what: "T_P: 17.2/3 = 5.73", found: tParallel(tutorial), expected: 5.73, within: 0.005 },
  { what: "N·T_P: 17.2", found: combinedTime(tutorial), expected: 17.2, within: exact * 10 },
  { what: "speed-up: 1.52/5.733 = 0.265", found: speedup(laptop, tutorial), expected: 0.27, within: 0.005 },
  { what: "efficiency: 0.265/3 = 0.088", found: efficiency(laptop, tutorial), expected: 0.09, within: 0.005 },
  {
    what: "N·T_P/T_S: 17.2/1.52 = 11.32, its 11.3×",
    found: linearRatio(laptop, tutorial),
    expected: 11.3,
    within: 0.05,
  },
  { what: "one laptop for all three shares: 3·1.52", found: tSequential(laptop, 3), expected: 4.56 },
  {
    what: "what they are worth: 4.56/5.79",
    found: throughputSpeedup(laptop, tutorial),
    expected: 0.7876,
    within: 0.00005,
  },
  {
    what: "that per worker: 0.7876/3",
    found: throughputEfficiency(laptop, tutorial),
    expected: 0.2625,
    within: 0.00005,
  },
];

/** Amdahl 1967: S = 1/(s + (1 − s)/N), for Gustafson's 1024 processors and a serial share s of 1 to 4 %; 1/(0.01 + 0.99/1024) = 91.2. */
const byAmdahl: readonly Case[] = [
  { s: 0.01, S: 91 },
  { s: 0.02, S: 48 },
  { s: 0.03, S: 32 },
  { s: 0.04, S: 24 },
].map(({ s, S }) => ({
  what: `Amdahl's law turned round: ${S} on 1024 processors is ${100 * s} % serial`,
  found: karpFlatt(S, 1024),
  expected: s,
  // S is without decimals: it may be off by ½, and 1/S by ½/S².
  within: 0.5 / S ** 2,
}));

/**
 * Gustafson 1988: scaled speed-up N + (1 − N)·s, for his 1024 processors; 1024 − 1023·0.01 = 1013.8. The run takes 1 = s + p; one processor alone takes
 * s + N·p for all, so T_S, its time for one share, is a 1024th of that.
 */
const byGustafson: readonly Case[] = [
  { s: 0.01, S: 1014 },
  { s: 0.02, S: 1004 },
  { s: 0.03, S: 993 },
  { s: 0.04, S: 983 },
].map(({ s, S }) => ({
  what: `scaled speed-up of 1024 processors with ${100 * s} % serial is ${S}`,
  found: throughputSpeedup((s + 1024 * (1 - s)) / 1024, [1, ...new Array<number>(1023).fill(1)]),
  expected: S,
  within: 0.5,
}));

/**
 * Quinn, Parallel Programming in C with MPI and OpenMP (2004), 7.5, on the metric of Karp & Flatt 1990: the serial share stays
 * at 0.1 in the first example (serial work) and grows from 0.070 to 0.100 in the second (overhead).
 */
const byQuinn: readonly Case[] = [
  { p: 2, S: 1.82, e: 0.1 },
  { p: 4, S: 3.08, e: 0.1 },
  { p: 8, S: 4.71, e: 0.1 },
  { p: 2, S: 1.87, e: 0.07 },
  { p: 3, S: 2.61, e: 0.075 },
  { p: 5, S: 3.73, e: 0.085 },
  { p: 7, S: 4.46, e: 0.095 },
].map(({ p, S, e }) => ({
  what: `Karp–Flatt: ${S} on ${p} processors`,
  found: karpFlatt(S, p),
  expected: e,
  within: 0.005 / S ** 2 / (1 - 1 / p) + 0.0005,
}));

const byHand: readonly Case[] = [
  { what: "superlinear, (1/9 − 1/8)/(7/8) = −1/63, is not clipped", found: karpFlatt(9, 8), expected: -1 / 63 },
  { what: "slower than one machine, (1/0.5 − 1/2)/(1/2) = 3, is not clipped", found: karpFlatt(0.5, 2), expected: 3 },
  { what: "Karp–Flatt of one worker divides by 1 − 1/1", found: karpFlatt(0.9, 1), expected: null },
  { what: "slowest of 3, 6, 12", found: tSlowest([3, 6, 12]), expected: 12 },
  { what: "equal parts: 3·6/12", found: throughputSpeedup(6, [3, 6, 12]), expected: 1.5 },
  { what: "parts by speed: 6/3 + 6/6 + 6/12", found: balancedSpeedup(6, [3, 6, 12]), expected: 3.5 },
  { what: "imbalance: 9/mean(4, 5, 6, 9) − 1 = 9/6 − 1", found: imbalance([4, 5, 6, 9]), expected: 0.5 },
  { what: "end to end: (2 + 3·6)/(4 + 6)", found: endToEndSpeedup(6, 2, [4, 4, 4], [6, 6, 6]), expected: 2 },
  {
    what: "end to end, the late pod of one-second rounds is what one waits for: 2·10/max(1 + 10, 25 + 1)",
    found: endToEndSpeedup(10, 0, [10, 1], [1, 25]),
    expected: 20 / 26,
  },
  {
    what: "the same work divided: (2 + 6)/(2 + 6/3)",
    found: fixedSizeSpeedup(6, 2, [6, 6, 6], [2, 2, 2]),
    expected: 2,
  },
  { what: "first start to last end: 5 rounds·3·2/15", found: makespanSpeedup(2, 3, 5, 15), expected: 2 },
  {
    what: "break-even: (10 − 0)/(1 − 6/(3·5)) = 10/0.6; alone 16.67, cluster 10 + 6.67",
    found: breakEvenSeconds(5, 0, [6, 6, 6], [10, 10, 10]),
    expected: 50 / 3,
  },
  {
    what: "break-even where the single machine starts as slowly as the cluster",
    found: breakEvenSeconds(5, 10, [6, 6, 6], [10, 9, 8]),
    expected: 0,
  },
  {
    what: "break-even is the worker's that needs it most: max(2/(1 − 1/4), 1/(1 − 2/4))",
    found: breakEvenSeconds(2, 1, [1, 2], [3, 2]),
    expected: 8 / 3,
  },
  {
    what: "break-even of a cluster no faster than one machine",
    found: breakEvenSeconds(2, 0, [4, 1], [10, 10]),
    expected: Number.POSITIVE_INFINITY,
  },
  { what: "π: 4·79/100", found: pi(79, 100), expected: 3.16 },
  {
    what: "standard error at 30 M throws: 4·sqrt(0.7854·0.2146/30 M)",
    found: piStandardError(23_561_945, 30_000_000),
    expected: 0.0003,
    within: 0.000005,
  },
  {
    what: "deviation: (3.16 − 3.14159)/(4·sqrt(0.79·0.21/10000)) = 0.018407/0.016292",
    found: piDeviation(7900, 10_000),
    expected: 1.1298,
    within: 0.00005,
  },
  { what: "deviation where every throw was inside", found: piDeviation(5, 5), expected: null },
  { what: "median of an odd number of rounds", found: median([3, 9, 1]), expected: 3 },
  { what: "median of an even number of rounds: (3 + 4)/2", found: median([9, 3, 1, 4]), expected: 3.5 },
];

const sources = {
  tutorial: byTheTutorial,
  Amdahl: byAmdahl,
  Gustafson: byGustafson,
  Quinn: byQuinn,
  "by hand": byHand,
};

for (const [source, cases] of Object.entries(sources)) {
  for (const { what, found, expected, within = exact } of cases) {
    test(`${source}: ${what}`, (t) => {
      if (expected === null || found === null || !Number.isFinite(expected)) t.is(found, expected);
      else t.true(Math.abs(found - expected) <= within, `found ${found}, expected ${expected} ± ${within}`);
    });
  }
}
