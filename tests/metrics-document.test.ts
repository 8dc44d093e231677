// docs/metrics.md: each metric is explained there once, with the formula that computes it.
import { readFileSync } from "node:fs";
import test from "ava";
import * as formulas from "../analysis/formulas.ts";
import { metricTable } from "../analysis/metrics.ts";

const document = readFileSync("docs/metrics.md", "utf8");
/** Each entry by its name, its lines joined. */
const entries = [...document.matchAll(/^- \*\*`(\w+)`\*\*(.*(?:\n {2}.*)*)/gm)].map(
  ([, name = "", text = ""]) => [name, text.replaceAll(/\s+/g, " ")] as const,
);

test("the document explains every metric once, and nothing that is none", (t) => {
  t.deepEqual(entries.map(([name]) => name).sort(), Object.keys(metricTable).sort());
});

for (const [name, { formula, unit, ...more }] of Object.entries(metricTable)) {
  test(`${name} stands in the document with the symbol, formula, unit and source of the table`, (t) => {
    const text = entries.find(([each]) => each === name)?.[1] ?? "";
    const source = "source" in more ? ` (${more.source})` : "";
    const symbol = "symbol" in more ? ` ${more.symbol}` : "";
    t.true(text.startsWith(`${symbol}: \`${formula}\`, ${unit}${source}.`), text.slice(0, 120));
  });
}

test("the example's figures are those that the formulas give", (t) => {
  const [a, b] = [[5.6, 5.7, 5.88] as const, [2, 2, 2] as const];
  const starts = [2, 2, 2] as const;
  const examples: [name: string, value: number][] = [
    ["throughputSpeedup", formulas.throughputSpeedup(1.52, a)],
    ["throughputSpeedup", formulas.throughputSpeedup(1.52, b)],
    ["balancedSpeedup", formulas.balancedSpeedup(1.52, a)],
    ["imbalance", formulas.imbalance(a)],
    ["karpFlatt", formulas.karpFlatt(2.28, 3) ?? 0],
    ["makespanSpeedup", formulas.makespanSpeedup(1.52, 3, 6, 36)],
    ["endToEndSpeedup", formulas.endToEndSpeedup(1.52, 0.5, a, starts)],
    ["endToEndSpeedup", formulas.endToEndSpeedup(1.52, 0.5, b, starts)],
    ["fixedSizeSpeedup", formulas.fixedSizeSpeedup(1.52, 0.5, a, starts)],
    ["fixedSizeSpeedup", formulas.fixedSizeSpeedup(1.52, 0.5, b, starts)],
    ["breakEvenSeconds", formulas.breakEvenSeconds(1.52, 0.5, b, starts)],
    ["tParallel", formulas.tParallel(a)],
    ["speedup", formulas.speedup(1.52, a)],
    ["efficiency", formulas.efficiency(1.52, a)],
    ["tSequential", formulas.tSequential(1.52, 3)],
  ];
  for (const [name, value] of examples) {
    const text = entries.find(([each]) => each === name)?.[1] ?? "";
    t.true(text.includes(` ${value.toFixed(2)}`), `${name}: ${value.toFixed(2)} is not in "${text}"`);
  }
  t.true(document.includes(`${formulas.combinedTime(a).toFixed(1)} s`));
  t.true(document.includes(formulas.linearRatio(1.52, a).toFixed(1)));
});
