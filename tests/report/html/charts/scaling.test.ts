import test from "ava";
import { chartHtml } from "../../../../report/html/charts/chart.ts";
import { predictions, scalingChart, scalingTimesChart } from "../../../../report/html/charts/scaling.ts";
import { exampleLaw, exampleScaling } from "../../../helpers/example-scaling.ts";

test("the prediction is the slowest of the first p workers, and the work by their speed", (t) => {
  // T = 1, 2, 1: p·T_1/T(p) = 1, 2/2, 3/2; Σ T_1/T_i = 1, 1.5, 2.5.
  t.deepEqual(predictions([1, 2, 1]), [
    { workers: 1, undisturbed: 1, bySpeed: 1 },
    { workers: 2, undisturbed: 1, bySpeed: 1.5 },
    { workers: 3, undisturbed: 1.5, bySpeed: 2.5 },
  ]);
});

test("each point is a row, ordered by block", (t) => {
  const chart = scalingChart(exampleScaling({ counts: [1, 2], blocks: 2 }), [1, 1]);
  t.deepEqual(
    chart?.table.rows.map(([block, workers, , , speedup]) => [block, workers, speedup]),
    [
      ["1", "1", "1.00"],
      ["1", "2", "2.00"],
      ["2", "1", "1.00"],
      ["2", "2", "2.00"],
    ],
  );
});

test("a law is drawn and named, and its absence is mentioned", (t) => {
  const drawn = scalingChart(exampleScaling({ law: exampleLaw("Amdahl", 0.05) }), [1, 1, 1, 1]);
  t.regex(
    drawn?.description ?? "",
    /The band is Amdahl's law, fitted to the workers' mean times in the measured range/,
  );
  t.true(drawn?.legend.some(({ sign, text }) => sign === "band" && text.startsWith("Amdahl")));
  const plain = scalingChart(exampleScaling(), [1, 1, 1, 1]);
  t.regex(plain?.description ?? "", /No law is drawn/);
  t.false(plain?.legend.some(({ sign }) => sign === "band"));
});

test("the bound of the cores is named where it is one", (t) => {
  const chart = scalingChart(exampleScaling({ counts: [1, 3], bound: (p) => Math.min(p, 2) }), [1, 1, 1]);
  t.regex(chart?.description ?? "", /The cores of the hosts allow at most 1\.00 with 1, 2\.00 with 3/);
});

test("without a point of one worker there is no such chart, and the one of the times stays", (t) => {
  const scaling = exampleScaling({ counts: [2, 3] });
  t.is(scalingChart(scaling, [1, 1, 1]), null);
  t.is(scalingTimesChart(scaling).table.rows.length, 2);
});

for (const [what, scaling] of [
  ["a law", exampleScaling({ law: exampleLaw("Amdahl", 0.05) })],
  ["no start", exampleScaling({ start: null })],
  ["a single block of two counts", exampleScaling({ counts: [1, 2], blocks: 1 })],
  ["forty counts", exampleScaling({ counts: Array.from({ length: 40 }, (_, i) => i + 1) })],
] as const) {
  test(`a study with ${what} is drawn, wide and narrow, with an accessible name`, (t) => {
    const chart = scalingChart(scaling, [1, 1.1, 1, 1]);
    for (const each of [chart, scalingTimesChart(scaling)]) {
      const { text } = chartHtml(each ?? t.fail("no chart") ?? scalingTimesChart(scaling));
      t.is(text.match(/<svg/g)?.length, 2);
      t.is(text.match(/role="img"/g)?.length, 2);
      t.notRegex(text, /NaN|Infinity|undefined/);
    }
  });
}
