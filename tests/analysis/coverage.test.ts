// A short version of the intervals benchmark. With these seeds, the same runs are simulated every time.
import test from "ava";
import { randomFrom, xoshiro } from "../bench/random.ts";
import { figures, isBroken, type Setting, simulate } from "../bench/simulation.ts";
import { thorough } from "../helpers/thorough.ts";

/** As many runs as a developer waits for. */
const repeats = (runs: number) => (thorough ? runs : Math.round(runs / 4));

const hardest: [runs: number, setting: Setting][] = [
  ...(["normal", "log-normal", "two-level"] as const).flatMap((shape) =>
    [6, 10, 30].flatMap((rounds): [number, Setting][] => [
      [400, { workers: 1, rounds, shape, speeds: "equal" }],
      [400, { workers: 3, rounds, shape, speeds: "unequal" }],
    ]),
  ),
  [400, { workers: 20, rounds: 6, shape: "two-level", speeds: "equal" }],
  [150, { workers: 100, rounds: 6, shape: "two-level", speeds: "unequal" }],
  [150, { workers: 100, rounds: 30, shape: "normal", speeds: "equal" }],
  [400, { workers: 3, rounds: 6, shape: "normal", speeds: "shared" }],
];

for (const [runs, setting] of hardest) {
  const { workers, rounds, shape, speeds } = setting;
  test(`the intervals of ${workers} workers (${speeds}) with ${rounds} ${shape} rounds hold the true figures`, (t) => {
    const outcome = simulate(setting, repeats(runs));
    for (const figure of figures) {
      const { given, coverage } = outcome[figure];
      // A single worker that is slower than the single machine has no break-even.
      if (given > 0) t.false(isBroken(outcome[figure]), `${figure}: ${coverage}`);
    }
    t.true(outcome.throughputSpeedup.given > 0.5);
  });
}

test("the simulation notices intervals that are too narrow: those of rounds that follow each other", (t) => {
  const outcome = simulate({ workers: 3, rounds: 10, shape: "AR(1) 0.7", speeds: "equal" }, 400);
  t.true(isBroken(outcome.tSingle));
  t.true(isBroken(outcome.throughputSpeedup));
});

test("more rounds make every interval narrower", (t) => {
  const [few, many] = [6, 30].map((rounds) => simulate({ workers: 3, rounds, shape: "normal", speeds: "equal" }, 100));
  for (const figure of figures) {
    t.true((many?.[figure].halfWidth ?? Number.NaN) < (few?.[figure].halfWidth ?? Number.NaN), figure);
  }
});

test("the simulation's generator is xoshiro128**", (t) => {
  // From the state 1, 2, 3, 4, as the published algorithm gives.
  const next = xoshiro([1, 2, 3, 4]);
  t.deepEqual(
    Array.from({ length: 10 }, next),
    [
      11_520, 0, 5_927_040, 70_819_200, 2_031_721_883, 1_637_235_492, 1_287_239_034, 3_734_860_849, 3_729_100_597,
      4_258_142_804,
    ],
  );
});

test("simulated noise has the moments of the standard normal distribution", (t) => {
  const { normal } = randomFrom("moments");
  const values = Array.from({ length: 100_000 }, normal);
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  // Four standard errors of each: √(1/n), √(2/n), √(15/n), √(96/n).
  t.true(Math.abs(moment(1)) < 0.0127);
  t.true(Math.abs(moment(2) - 1) < 0.018);
  t.true(Math.abs(moment(3)) < 0.049);
  t.true(Math.abs(moment(4) - 3) < 0.124);
});
