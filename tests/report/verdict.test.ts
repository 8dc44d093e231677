import test from "ava";
import { computeMetrics } from "../../analysis/metrics.ts";
import { outcomeOf, verdict } from "../../report/verdict.ts";
import { baselineRecord, nodeRecord, podTimes } from "../helpers/example-records.ts";

const steady = (length: number) => [0, 1, 2, 3, 4, 5].map((i) => length * (1 + i / 1000));
const scattered = [0.8, 0.9, 1, 1.1, 1.2, 1.3];

/** Three workers whose pods cost `overhead` seconds beside computing. */
function sentences(worker: readonly number[], single: readonly number[], overhead = 4): string[] {
  const nodes = [0, 1, 2].map((index) => nodeRecord({ index, started: overhead, seconds: worker }));
  const baseline = baselineRecord(single);
  const timeline = { created: 0, pods: [podTimes({ scheduled: 0, pull: 0 })] };
  return verdict({ nodes, baseline, metrics: computeMetrics(nodes, baseline, timeline), notes: [] });
}

test("a cluster that wins is called faster, and from which job on it wins with its overhead", (t) => {
  // S = 3·1/2 = 1.5; 4/(1 − 1/1.5) = 12 s on the single machine, 12 million samples of a million a second.
  const found = sentences(new Array<number>(6).fill(2), new Array<number>(6).fill(1));
  t.is(found.length, 3);
  t.regex(found[0] ?? "", /^The 3 workers together do 3,000,000 samples faster .*: 2\.000 s against 3\.000 s/);
  t.regex(found[1] ?? "", /overhead of 4\.0 s included, .* more than 12\.0 s, which is about 12,000,000 samples\.$/);
  t.is(found[2], "The run is good.");
});

test("a cluster that loses is said never to catch up", (t) => {
  const found = sentences(steady(5.7), steady(1.52));
  t.regex(found[0] ?? "", /more slowly than the single machine alone/);
  t.is(found[1], "No job is large enough for them to catch up.");
});

test("where the interval includes 1, neither a gain nor a break-even is claimed", (t) => {
  const found = sentences(scattered, [0.3, 0.32, 0.35, 0.36, 0.38, 0.4]);
  t.regex(found[0] ?? "", /whether that is a gain these rounds can't tell/);
  t.is(found.length, 2);
});

test("without an interval the estimate decides", (t) => {
  const metrics = computeMetrics([nodeRecord({ seconds: [1, 1] })], baselineRecord([2, 2]), null);
  t.is(outcomeOf(metrics), "faster");
});
