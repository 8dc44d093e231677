import test from "ava";
import { breakEvenChart, pointsOf } from "../../../../report/html/charts/break-even.ts";
import { example } from "../../../helpers/example-measurement.ts";

const { metrics } = example({ workers: [1, 1, 1] });
// T_S = 1.52·1.005 s for a million samples; S = 3·T_S/(1.005 s) = 4.56.
const points = pointsOf(metrics, 4);

test("the single machine takes its own time, the cluster the overhead and its part of that", (t) => {
  for (const { samples, single, cluster } of points) {
    t.true(Math.abs(single - (samples / 1e6) * metrics.tSingle) < 1e-9);
    t.true(Math.abs(cluster - (4 + single / metrics.throughputSpeedup)) < 1e-9);
  }
});

test("the band holds the line, and a second of the overhead at least", (t) => {
  for (const { cluster, low, high } of points) t.true(low <= cluster - 1 + 1e-9 && cluster + 1 <= high + 1e-9);
});

test("the lines cross at the break-even that the metrics hold, within the chart", (t) => {
  const chart = breakEvenChart(example({ workers: [1, 1, 1] }));
  const { overhead, breakEvenSeconds } = metrics;
  const drawn = pointsOf(metrics, overhead ?? 0);
  const wins = drawn.filter(({ single, cluster }) => cluster < single);
  t.true(wins.length > 0 && wins.length < drawn.length);
  t.true(wins.every(({ single }) => single >= (breakEvenSeconds ?? 0)));
  t.regex(chart?.description ?? "", /it has caught up, and larger jobs gain by it/);
});

test("a cluster that never wins is said never to catch up", (t) => {
  t.regex(breakEvenChart(example())?.description ?? "", /so it never catches up/);
});
