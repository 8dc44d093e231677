import test from "ava";
import { assess } from "../../../../analysis/assessment.ts";
import { timedRun } from "../../../../analysis/timed-run.ts";
import { breakEvenChart, pointsOf } from "../../../../report/html/charts/break-even.ts";
import { type Example, example, rounds } from "../../../helpers/example-measurement.ts";
import { baselineRecord } from "../../../helpers/example-records.ts";

const assessed = (given?: Example) => {
  const measurement = example(given);
  return assess(measurement, measurement.baseline);
};
// T_S = 1.52·1.005 s for a million samples; S = 3·T_S/(1.005 s) = 4.56.
const { nodes, baseline, timeline, metrics } = assessed({ workers: [1, 1, 1] });
const run = timedRun(nodes, baseline, timeline);
const points = pointsOf(run, metrics.breakEvenSeconds);

test("the single machine takes its own time, the cluster its start and its part of that", (t) => {
  const overhead = metrics.overhead ?? 0;
  for (const { samples, single, cluster } of points) {
    t.true(Math.abs(single - (samples / 1e6) * metrics.tSingle) < 1e-9);
    t.true(Math.abs(cluster - (overhead + single / metrics.throughputSpeedup)) < 0.01);
  }
});

test("the band holds the line, and is the wider the larger the job", (t) => {
  let width = 0;
  for (const { cluster, low, high } of points) {
    t.true((low ?? 0) <= cluster + 1e-9 && cluster <= (high ?? 0) + 1e-9);
    t.true((high ?? 0) - (low ?? 0) >= width - 1e-9);
    width = (high ?? 0) - (low ?? 0);
  }
  t.true(width > 0);
});

test("the lines cross at the break-even that the metrics hold, within the chart", (t) => {
  const wins = points.filter(({ single, cluster }) => cluster < single);
  t.true(wins.length > 0 && wins.length < points.length);
  t.true(wins.every(({ single }) => single >= (metrics.breakEvenSeconds ?? 0)));
  t.regex(
    breakEvenChart(assessed({ workers: [1, 1, 1] }))?.description ?? "",
    /\(95 % interval [\d.]+ – [\d.]+ s\)\. It is faster for larger jobs/,
  );
});

test("a cluster that never wins is said never to catch up with equal parts", (t) => {
  t.regex(breakEvenChart(assessed())?.description ?? "", /With equal parts, the cluster never catches up/);
});

test("where the rounds can't tell, neither does the chart, and it is drawn without a band", (t) => {
  const undecided = assessed({ workers: [1.5, 1.5, 1.5], factors: [1], single: baselineRecord(rounds(1.52)) });
  t.regex(breakEvenChart(undecided)?.description ?? "", /These rounds cannot show .* where the lines meet/);
  t.true(
    pointsOf(timedRun(undecided.nodes, undecided.baseline, undecided.timeline), null).every(({ low }) => low === null),
  );
});

test("where a start is unknown there is no chart", (t) => {
  t.is(breakEvenChart(assessed({ foundFinished: true })), null);
});
