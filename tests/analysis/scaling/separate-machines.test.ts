// The study of separate machines in docs/scaling.md: synthetic records, fitted here and by SciPy.
import { readFileSync } from "node:fs";
import test from "ava";
import * as v from "valibot";
import { amdahl, gustafson, type LawForm } from "../../../analysis/scaling/laws.ts";
import { scalingOf } from "../../../analysis/scaling/scaling.ts";
import { type Law, type Scaling, scalingSchema } from "../../../analysis/scaling/study-records.ts";
import { scalingSentences } from "../../../report/scaling/text.ts";
import { randomFrom } from "../../bench/random.ts";
import { study } from "../../bench/synthetic-studies.ts";

const kinds = ["strong", "weak"] as const;
const forms: Record<(typeof kinds)[number], LawForm> = { strong: amdahl, weak: gustafson };

function recorded(kind: string): Scaling {
  const file = new URL(`../../fixtures/studies/separate-${kind}.json`, import.meta.url);
  return v.parse(v.object({ scaling: scalingSchema }), JSON.parse(readFileSync(file, "utf8"))).scaling;
}

const near = (value: number | undefined, expected: number, by: number) =>
  Math.abs((value ?? Number.NaN) - expected) <= by;

for (const kind of kinds) {
  test(`the records of the ${kind} study are those of computers with s = 0.05 and of nothing else`, (t) => {
    const setting = { form: forms[kind], coefficients: [0.05], counts: [1, 2, 3, 4, 6, 8], blocks: 3 };
    const noise = { pointNoise: 0.01, workerNoise: 0.01, start: { mean: 1, ofPoint: 0.03, ofPod: 0 } };
    const again = study({ ...setting, ...noise }, randomFrom("separate machines"), "1");
    for (const [i, point] of recorded(kind).points.entries()) {
      t.true(near(again.points[i]?.mean, point.mean, 1e-9 * point.mean), `point ${i}`);
    }
  });

  test(`what docs/scaling.md prints of the ${kind} study is what the program says of it`, (t) => {
    for (const document of ["docs/scaling.md", "docs/scaling.zh-TW.md"]) {
      const printed = readFileSync(document, "utf8").replaceAll(/\s+/g, " ");
      for (const sentence of scalingSentences(recorded(kind)))
        t.true(printed.includes(sentence), `${document}: ${sentence}`);
    }
  });
}

/** Coefficient, and both ends of its interval, by scipy.optimize.least_squares with one unknown for each block (SciPy's figures). */
const recomputed: [
  what: string,
  law: (of: (kind: string) => Scaling) => Law | null,
  values: number[],
  lackOfFit: number,
][] = [
  ["Amdahl's law", (of) => of("strong").law, [0.05148676, 0.0483249, 0.05464863], 0.154777],
  ["the universal law", (of) => of("strong").universal.law, [0.03907584, 0.02967154, 0.04848014], 0.776735],
  ["Amdahl's law of the waits", (of) => of("strong").asUserWaits.law, [0.21630772, 0.20805099, 0.22456446], 0.259078],
  ["Gustafson's law", (of) => of("weak").law, [0.05014489, 0.02887969, 0.07141009], 0.114655],
  ["Gustafson's law of the waits", (of) => of("weak").asUserWaits.law, [0.05748983, 0.03557937, 0.07940029], 0.084191],
];
/** Fitted now, from the points. */
function fittedNow(kind: string): Scaling {
  const { kind: grows, points } = recorded(kind);
  const hosts = (nodes: readonly string[]) => nodes.map((node) => ({ nodes: [node], cores: 4, processes: 1 }));
  return scalingOf(
    grows,
    points.map((point) => ({ ...point, hosts: hosts(point.nodes) })),
  );
}
for (const [what, lawOf, [value = 0, low = 0, high = 0], lackOfFit] of recomputed) {
  test(`${what} has the coefficient, the interval and the fit that SciPy has found`, (t) => {
    const law = lawOf(fittedNow);
    t.true(near(law?.coefficient, value, 1e-7), `${law?.coefficient}`);
    t.true(near(law?.interval[0], low, 1e-7) && near(law?.interval[1], high, 1e-7), `${law?.interval}`);
    t.true(near(law?.lackOfFit, lackOfFit, 2e-6), `${law?.lackOfFit}`);
  });
}
