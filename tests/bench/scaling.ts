// How often the interval of each scaling law contains the true value, and how often a study is refused, by simulation:
// `npm run bench -- scaling`. Exits with 1 if a required coverage lies outside 92 to 98 %, or if more than 3 % of sound
// studies are refused, beyond chance. For a quick look, use a share of the studies: `node tests/bench/scaling.ts 0.1`.
import { amdahl, gustafson, type LawForm, universal } from "../../analysis/scaling/laws.ts";
import type { Scaling } from "../../analysis/scaling/study-records.ts";
import {
  bounds,
  isOutside,
  type Outcome,
  type StudySetting,
  simulateStudies,
  toldChanges,
} from "./synthetic-studies.ts";

const share = Number(process.argv[2] ?? 1);
if (!(share > 0 && share <= 1)) {
  console.error(`share of the studies: found "${process.argv[2]}", expected a number above 0 and at most 1`);
  process.exit(2);
}
const studies = Math.max(50, Math.round(2000 * share));
const mostRefused = 0.03;

const percent = (value: number) => (Number.isFinite(value) ? (100 * value).toFixed(1) : "–");
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const failures: string[] = [];

function line(title: string, outcome: Outcome, isRequired: boolean): void {
  const { fitted, coverages, halfWidths, refused } = outcome;
  const cells = coverages.map((each, k) => {
    const isBad = isRequired && isOutside(each, fitted * outcome.studies);
    if (isBad) failures.push(`${title}: ${percent(each)} %`);
    if (Number.isNaN(each)) return "–".padStart(16);
    return `${isBad ? "!" : ""}${percent(each)} ± ${(halfWidths[k] ?? Number.NaN).toPrecision(2)}`.padStart(16);
  });
  const why = [...refused].map(([reason, part]) => `${reason} ${percent(part)}`).join(", ");
  console.log(`${title.padEnd(66)}${percent(fitted).padStart(6)} ${cells.join("")}  ${why}`);
}

function head(text: string): void {
  console.log(`\n${text}`);
  console.log(`${"".padEnd(66)}fitted  held ± half-width; refused, % of studies`);
}

const noises: [name: string, noise: Pick<StudySetting, "pointNoise" | "workerNoise">][] = [
  ["points 2 %", { pointNoise: 0.02, workerNoise: 0 }],
  ["workers 2 %", { pointNoise: 0, workerNoise: 0.02 }],
  ["both 1 %", { pointNoise: 0.01, workerNoise: 0.01 }],
];

const named = ({ name }: LawForm) => (name === "Universal Scalability Law" ? "USL" : name);
function titleOf({ form, coefficients, counts, blocks }: StudySetting, more: string): string {
  const which = counts.length === counts.at(-1) ? `1 to ${counts.length}` : counts.join(",");
  return `${named(form).padEnd(10)}${coefficients.join("/").padEnd(11)}${which.padEnd(15)}${blocks} blocks  ${more}`;
}

console.log(`${studies} studies a line; each block has a level of its own (5 %).`);
head(`Coverage of 95 % intervals, ${bounds.map(percent).join(" to ")} % required`);
const laws: [LawForm, number[][], number[][]][] = [
  [amdahl, [[0], [0.1]], [...[3, 4, 5, 6, 7, 8].map(upTo), [1, 2, 4, 8]]],
  [gustafson, [[0], [0.1]], [...[3, 4, 5, 6, 7, 8].map(upTo), [1, 2, 4, 8]]],
  [universal, [[0.05, 0.003]], [[1, 2, 3, 4, 6, 8], upTo(8), [1, 2, 4, 8, 16, 32]]],
];
for (const [form, truths, ranges] of laws) {
  for (const coefficients of truths) {
    for (const counts of ranges) {
      for (const blocks of [2, 3, 5]) {
        for (const [name, noise] of noises) {
          const setting = { form, coefficients, counts, blocks, ...noise };
          const outcome = simulateStudies(setting, studies);
          const title = titleOf(setting, name);
          line(title, outcome, true);
          const all = [...outcome.refused.values()].reduce((sum, each) => sum + each, 0);
          if (all > mostRefused + 3 * Math.sqrt((mostRefused * (1 - mostRefused)) / studies)) {
            failures.push(`${title}: ${percent(all)} % of sound studies refused`);
          }
        }
      }
    }
  }
}

const usual = { counts: upTo(4), blocks: 3, pointNoise: 0.01, workerNoise: 0.01 };
const waits = ({ asUserWaits }: Scaling) => asUserWaits;
// With 1 s of start and T_1 = 5 s, a sixth of what the user waits for can't be divided.
const sixth = 1 / 6;
head("One round as the user waits: starts of 1 s that are as slow as the block; required");
for (const [form, truth] of [
  [amdahl, sixth],
  [gustafson, 0],
] as const) {
  for (const counts of [upTo(3), upTo(4), upTo(8)]) {
    for (const ofPoint of [0.03, 0.1]) {
      const setting = {
        ...usual,
        form,
        coefficients: [0],
        counts,
        workerNoise: 0,
        start: { mean: 1, ofPoint, ofPod: 0 },
      };
      line(titleOf(setting, `start ± ${ofPoint} s`), simulateStudies(setting, studies, waits, [truth]), true);
    }
  }
}
head(
  "The same, shown: starts that a block's level does not change, and pods that start for themselves (the wait for the slowest grows)",
);
for (const start of [
  { mean: 1, ofPoint: 0.03, ofPod: 0, isFixed: true },
  { mean: 1, ofPoint: 0, ofPod: 0.1 },
]) {
  for (const [form, truth] of [
    [amdahl, sixth],
    [gustafson, 0],
  ] as const) {
    const setting = { ...usual, form, coefficients: [0], workerNoise: 0, start };
    const title = titleOf(setting, start.ofPod > 0 ? "pods ± 0.1 s" : "fixed start");
    line(title, simulateStudies(setting, studies, waits, [truth]), false);
  }
}

head(
  "A machine that gets slower by 5 or 10 % through the study: random order within blocks (required), ascending (shown)",
);
for (const order of ["random", "ascending"] as const) {
  for (const form of [amdahl, gustafson]) {
    for (const counts of [upTo(3), upTo(4), upTo(8)]) {
      for (const drift of [0.05, 0.1]) {
        const setting = { ...usual, form, coefficients: [0], counts, drift, order };
        line(titleOf(setting, `${order}, ${percent(drift)} %`), simulateStudies(setting, studies), order === "random");
      }
    }
  }
}

head("What fitting the slowest worker's time instead of the workers' mean would do, shown");
for (const form of [amdahl, gustafson]) {
  for (const counts of [upTo(3), upTo(8)]) {
    const setting = { ...usual, form, coefficients: [0], counts, pointNoise: 0, workerNoise: 0.02, slowest: true };
    line(titleOf(setting, "slowest, workers 2 %"), simulateStudies(setting, studies), false);
  }
}

head("What is refused, shown");
const disturbed: [title: string, changes: Partial<StudySetting>][] = [
  ...[0.01, 0.02, 0.05, 0.1].map((unlike): [string, Partial<StudySetting>] => [
    `one worker ${percent(unlike)} % slower`,
    { unlike },
  ]),
  ["two known cores for all", { cores: { number: 2, isKnown: true } }],
  ["three cores that nobody knows of", { cores: { number: 3, isKnown: false } }],
  ["six cores that nobody knows of", { counts: upTo(8), cores: { number: 6, isKnown: false } }],
];
for (const [title, changes] of disturbed) {
  for (const form of [amdahl, gustafson]) {
    const setting = { ...usual, form, coefficients: [0], ...changes };
    line(titleOf(setting, title), simulateStudies(setting, studies), false);
  }
}
head("Points on the Universal Scalability Law, and the law that is taken for them, shown");
for (const beta of [0.001, 0.003, 0.01]) {
  const setting = { ...usual, form: amdahl, coefficients: [0.05], counts: upTo(8) };
  const curved = { ...setting, form: universal, coefficients: [0.05, beta] };
  line(
    titleOf(curved, "Amdahl's"),
    simulateStudies(
      curved,
      studies,
      (each) => ({ law: each.law?.name === "Amdahl" ? each.law : null, reason: null }),
      [0.05],
    ),
    false,
  );
  line(titleOf(curved, "universal"), simulateStudies(curved, studies), false);
}

console.log("\nTwo studies compared as the history does, by all figures together: a change is told of so many %");
for (const [form, changes, noise] of [
  [amdahl, [0, 0.01, 0.03, 0.1], usual],
  [gustafson, [0, 0.01, 0.03, 0.1], usual],
] as const) {
  for (const counts of [upTo(3), upTo(4), upTo(8)]) {
    const told = changes.map((change) => {
      const share = toldChanges({ ...noise, form, coefficients: [0.05], counts }, 0.05 + change, studies);
      // The intervals have a joint level of 95 %, apart from the cost of estimated weights.
      if (change === 0 && share > 0.06 + 3 * Math.sqrt((0.06 * 0.94) / studies)) {
        failures.push(
          `${named(form)}, ${counts.length} counts: a change is told in ${percent(share)} % where there is none`,
        );
      }
      return `${change === 0 ? "none (at most 6 required)" : `s + ${change}`}: ${percent(share)}`;
    });
    console.log(`${titleOf({ ...noise, form, coefficients: [0.05], counts }, "").padEnd(48)}${told.join(", ")}`);
  }
}

if (failures.length > 0) {
  console.error(`\nFAILED:\n${failures.join("\n")}`);
  process.exitCode = 1;
} else {
  console.log(
    `\nEvery coverage that is required lies within ${bounds.map(percent).join(" to ")} %, and at most ${percent(mostRefused)} % of sound studies are refused.`,
  );
}
