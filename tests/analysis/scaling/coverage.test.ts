// A short version of the scaling-law benchmark. With these seeds, the same studies are simulated every time.
import test from "ava";
import { amdahl, gustafson, universal } from "../../../analysis/scaling/laws.ts";
import { isOutside, type StudySetting, simulateStudies } from "../../bench/synthetic-studies.ts";
import { thorough } from "../../helpers/thorough.ts";

/** Simulated studies of a setting. */
const studies = thorough ? 300 : 75;

const few = [1, 2, 3];
const many = [1, 2, 3, 4, 6, 8];
const settings: [title: string, setting: StudySetting][] = [
  ["Amdahl, few", { form: amdahl, coefficients: [0], counts: few, blocks: 3, pointNoise: 0.02, workerNoise: 0 }],
  ["Amdahl, many", { form: amdahl, coefficients: [0.1], counts: many, blocks: 2, pointNoise: 0.01, workerNoise: 0.01 }],
  [
    "Gustafson, few",
    { form: gustafson, coefficients: [0.1], counts: few, blocks: 2, pointNoise: 0, workerNoise: 0.02 },
  ],
  [
    "Gustafson, many",
    { form: gustafson, coefficients: [0], counts: many, blocks: 3, pointNoise: 0, workerNoise: 0.02 },
  ],
  [
    "universal",
    { form: universal, coefficients: [0.05, 0.003], counts: many, blocks: 3, pointNoise: 0.01, workerNoise: 0 },
  ],
];
for (const [title, setting] of settings) {
  test(`the intervals of ${title} hold the truth in 92 to 98 % of studies, and few are refused`, (t) => {
    const { coverages, fitted } = simulateStudies(setting, studies);
    for (const each of coverages) t.false(isOutside(each, studies * fitted), String(each));
    t.true(fitted > 0.94, String(fitted));
  });
}

test("the simulation notices intervals that miss: those of the slowest worker's time", (t) => {
  const setting = { form: gustafson, coefficients: [0], counts: many, blocks: 3, pointNoise: 0, workerNoise: 0.02 };
  t.true(isOutside(simulateStudies({ ...setting, slowest: true }, 200).coverages[0] ?? 1, 200));
});

test("in ascending order a machine that gets slower looks like a law; in random order it does not", (t) => {
  const base = { form: gustafson, coefficients: [0], counts: many, blocks: 3, pointNoise: 0.005, workerNoise: 0 };
  const held = (order: "random" | "ascending") =>
    simulateStudies({ ...base, drift: 0.1, order }, 200).coverages[0] ?? 0;
  t.false(isOutside(held("random"), 200));
  t.true(held("ascending") < 0.7);
});
