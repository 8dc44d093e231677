import test from "ava";
import fc from "fast-check";
import { assess } from "../../../../analysis/assessment.ts";
import { halvesOf, stretchesOf, timelineChart } from "../../../../report/html/charts/timeline.ts";
import { type Example, example } from "../../../helpers/example-measurement.ts";
import { baselineRecord, nodeRecord, podTimes } from "../../../helpers/example-records.ts";

// Released at 1000, scheduled at 1001, pulled in 2 s, pi.py at 1004.5; warm-up 0.5 s, rounds 2 + 2 s, cool-down 0.5 s,
// 0.25 s to the end at 1009.75; read 10 s after the release.
const node = nodeRecord({ seconds: [2, 2], started: 1004.5, warmUp: 0.5, coolDown: 0.5, farewell: 0.25 });
const pod = podTimes({ scheduled: 1001, started: 1004, finished: 1009.8, pull: 2, read: 10 });
const drawn = (...given: Parameters<typeof stretchesOf>) =>
  stretchesOf(...given).map(({ kind, from, to }) => [kind, from, to]);

test("a pod waits, pulls, starts, warms up, computes round by round, cools down, and is read", (t) => {
  t.deepEqual(drawn(node, pod, 1000, 0), [
    ["scheduling", 0, 1],
    ["pull", 1, 3],
    ["start", 3, 4.5],
    ["warm-up", 4.5, 5],
    ["round", 5, 7],
    ["round", 7, 9],
    ["warm-up", 9, 9.5],
    ["end", 9.5, 10],
  ]);
});

test("a round that does not count is drawn as one", (t) => {
  const kinds = drawn(node, pod, 1000, 0, node.rounds.slice(1)).map(([kind]) => kind);
  t.deepEqual(kinds.slice(4, 6), ["left-out", "round"]);
});

test("a node's stamps are shifted as the timeline says, the collector's are not", (t) => {
  const behind = nodeRecord({ seconds: [2, 2], started: 704.5, warmUp: 0.5, coolDown: 0.5, farewell: 0.25 });
  t.deepEqual(drawn(behind, { ...pod, clockShift: 300 }, 1000, 0), drawn(node, pod, 1000, 0));
});

test("a pod without collector data shows only its start and its computing", (t) => {
  t.deepEqual(
    drawn(node, undefined, 1000, 0).map(([kind]) => kind),
    ["start", "warm-up", "round", "round", "warm-up", "end"],
  );
});

test("a stamp after pi.py's begin is taken for that begin", (t) => {
  t.deepEqual(drawn(node, { ...pod, scheduled: 1005, pull: 0 }, 1000, 0)[0], ["scheduling", 0, 4.5]);
});

test("whatever the clocks say, stretches follow one another from the release and none is negative", (t) => {
  const clock = fc.double({ min: 990, max: 1020, noNaN: true });
  fc.assert(
    fc.property(clock, fc.option(clock), fc.option(clock), clock, (started, scheduled, finished, released) => {
      const record = nodeRecord({ seconds: [2, 2], started, warmUp: 0.5 });
      const stretches = stretchesOf(record, podTimes({ scheduled, finished, pull: 1 }), released, 0);
      let clock = 0;
      for (const { from, to } of stretches) {
        t.true(from >= clock - 1e-9 && to > from);
        clock = to;
      }
    }),
  );
});

/** Halves of two rounds of 1 s each, that end and begin so many seconds before and after a Job from 1000 to 1010. */
function halves(before: number, after: number) {
  const baseline = baselineRecord([1, 1, 1, 1]);
  const at = { before: 1000 - before - 2, after: 1010 + after - 2 };
  const moved = {
    ...baseline,
    parts: baseline.parts.map((part) => ({
      ...part,
      started: part.started + at[part.part],
      ended: part.ended + at[part.part],
    })),
    rounds: baseline.rounds.map((round) => ({
      ...round,
      start: round.start + at[round.part],
      end: round.end + at[round.part],
    })),
  };
  return halvesOf(moved, 0, 1000, 10, 3);
}

test("halves near the Job are drawn where they were", (t) => {
  const [before, after] = halves(1, 2);
  t.deepEqual(before?.stretches, [
    { row: 3, kind: "single-round", from: -3, to: -2 },
    { row: 3, kind: "single-round", from: -2, to: -1 },
  ]);
  t.deepEqual(
    after?.stretches.map(({ from, to }) => [from, to]),
    [
      [12, 13],
      [13, 14],
    ],
  );
  t.deepEqual([before?.cut, after?.cut], [0, 0]);
});

test("halves minutes away are drawn a fifth of the Job's length from it, and what is cut is told", (t) => {
  const [before, after] = halves(302, 602);
  // A fifth of 10 s is 2 s.
  t.deepEqual([before?.cut, after?.cut], [300, 600]);
  t.is(before?.stretches.at(-1)?.to, -2);
  t.is(after?.stretches[0]?.from, 12);
});

const chartOf = (given?: Example) => {
  const measurement = example(given);
  return timelineChart(assess(measurement, measurement.baseline));
};

test("the chart has a row for each worker and for each half of the single machine in its table", (t) => {
  t.is(chartOf().table.rows.length, 5);
  t.is(chartOf({ single: { mode: "given", seconds: 1.5 } }).table.rows.length, 3);
});

test("the chart's text says which rounds do not count, and that an already finished Job has no release", (t) => {
  t.regex(chartOf().description, /Pale rounds do not count/);
  t.regex(chartOf({ workers: [1, 1, 1] }).description, /All rounds count/);
  t.regex(
    chartOf({ foundFinished: true }).description,
    /^Seconds since the first pod's begin\. .* The overhead is unknown here/,
  );
});
