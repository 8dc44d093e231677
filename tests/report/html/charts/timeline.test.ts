import test from "ava";
import fc from "fast-check";
import { stretchesOf } from "../../../../report/html/charts/timeline.ts";
import { nodeRecord, podTimes } from "../../../helpers/example-records.ts";

// Created at 1000, scheduled at 1001, pulled in 2 s, pi.py at 1004.5; warm-up 0.5 s, rounds 2 + 2 s, 0.25 s to the end: 1009.25.
const node = nodeRecord({ seconds: [2, 2], started: 1004.5, warmUp: 0.5, farewell: 0.25 });
const pod = podTimes({ scheduled: 1001, started: 1004, finished: 1010, pull: 2 });
const drawn = (...given: Parameters<typeof stretchesOf>) =>
  stretchesOf(...given).map(({ kind, from, to }) => [kind, from, to]);

test("a pod waits, pulls, starts, warms up, computes round by round, and ends", (t) => {
  t.deepEqual(drawn(node, pod, 1000, 0), [
    ["scheduling", 0, 1],
    ["pull", 1, 3],
    ["start", 3, 4.5],
    ["warm-up", 4.5, 5],
    ["round", 5, 7],
    ["round", 7, 9],
    ["end", 9, 10],
  ]);
});

test("a pod of which Kubernetes tells nothing has only its start and its computing", (t) => {
  t.deepEqual(
    drawn(node, undefined, 1000, 0).map(([kind]) => kind),
    ["start", "warm-up", "round", "round", "end"],
  );
});

test("a stamp of whole seconds after pi.py's begin is taken for that begin", (t) => {
  t.deepEqual(drawn(node, { ...pod, scheduled: 1005, pull: 0 }, 1000, 0)[0], ["scheduling", 0, 4.5]);
});

test("whatever the clocks say, stretches follow one another from the Job's creation and none is negative", (t) => {
  const clock = fc.double({ min: 990, max: 1020, noNaN: true });
  fc.assert(
    fc.property(clock, fc.option(clock), fc.option(clock), clock, (started, scheduled, finished, created) => {
      const record = nodeRecord({ seconds: [2, 2], started, warmUp: 0.5 });
      const stretches = stretchesOf(record, podTimes({ scheduled, finished, pull: 1 }), created, 0);
      let clock = 0;
      for (const { from, to } of stretches) {
        t.true(from >= clock - 1e-9 && to > from);
        clock = to;
      }
    }),
  );
});
