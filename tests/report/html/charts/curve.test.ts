import test from "ava";
import { assess } from "../../../../analysis/assessment.ts";
import { curveChart } from "../../../../report/html/charts/curve.ts";
import { type Example, example } from "../../../helpers/example-measurement.ts";

const chartOf = (given?: Example) => {
  const measurement = example(given);
  return curveChart(assess(measurement, measurement.baseline));
};

test("the curve says under which condition it holds, and has a row for each number of workers", (t) => {
  const { description, table } = chartOf({ workers: [1, 1, 2], factors: [1, 1, 1, 1] });
  t.regex(description, /if they do not disturb each other/);
  t.deepEqual(
    table.rows.map(([p, , own, longest]) => [p, own, longest]),
    [
      ["1", "1.000 s", "1.000 s"],
      ["2", "1.000 s", "1.000 s"],
      ["3", "2.000 s", "2.000 s"],
    ],
  );
});

test("for workers that share a computer the text says that they disturb each other", (t) => {
  t.regex(chartOf({ workers: [2.4, 2.4, 2.4], shared: true }).description, /do disturb each other.* at most 2\.00/);
});

test("without an interval there is no band and no mention of one", (t) => {
  const { legend, table } = chartOf({ factors: [1] });
  t.false(legend.some(({ sign }) => sign === "band"));
  t.true(table.rows.every((row) => row[5] === "–"));
});
