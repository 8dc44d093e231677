import test from "ava";
import { commonWindow } from "../../analysis/common-window.ts";
import type { NodeRecord, Timeline } from "../../analysis/records.ts";
import type { NonEmpty } from "../../analysis/values.ts";
import { nodeRecord, podTimes } from "../helpers/example-records.ts";

interface Pod {
  started: number;
  seconds: readonly number[];
  warmUp?: number;
  coolDown?: number;
  shift?: number | null;
}

const runOf = (pods: readonly Pod[]): { nodes: NonEmpty<NodeRecord>; timeline: Timeline } => ({
  nodes: pods.map((pod, index) => nodeRecord({ index, ...pod })) as unknown as NonEmpty<NodeRecord>, // each case has one
  timeline: {
    released: 0,
    pods: pods.map(({ shift = 0 }, index) => podTimes({ index, clockShift: shift })),
  },
});

const cases: [title: string, pods: readonly Pod[], counted: readonly number[], concurrency: number | null][] = [
  ["one pod's rounds all count", [{ started: 0, seconds: [1, 2, 3] }], [3], 1],
  [
    "pods that run alike count wholly",
    [
      { started: 0, seconds: [1, 1] },
      { started: 0, seconds: [1, 1] },
    ],
    [2, 2],
    1,
  ],
  [
    // From 1 (the later start) to 4 (the earlier end): 1–2, 2–3, 3–4 of both; 3 of 4 s.
    "what lies before the latest start or after the earliest end is left out",
    [
      { started: 0, seconds: [1, 1, 1, 1] },
      { started: 1, seconds: [1, 1, 1, 1] },
    ],
    [3, 3],
    0.75,
  ],
  [
    // The later one computes from 1 on, its rounds begin at 2; the earlier one computes until 5.
    "warm-up and cool-down keep the others' rounds in",
    [
      { started: 0, seconds: [1, 1, 1], warmUp: 1, coolDown: 1 },
      { started: 1, seconds: [1, 1, 1], warmUp: 1, coolDown: 1 },
    ],
    [3, 3],
    1,
  ],
  [
    "a round that reaches out by 4 ms counts, one by 6 ms does not",
    [
      { started: 0, seconds: [1, 1, 1] },
      { started: 0.004, seconds: [1, 1, 1] },
      { started: 0.004, seconds: [1, 1, 0.99] },
    ],
    [2, 2, 3],
    2.99 / 3,
  ],
  [
    "a clock that is ahead is set back before stamps are compared",
    [
      { started: 0, seconds: [1, 1] },
      { started: 300, seconds: [1, 1], shift: -300 },
    ],
    [2, 2],
    1,
  ],
  [
    "where a clock can't be settled all rounds count and the concurrency is unknown",
    [
      { started: 0, seconds: [1, 1, 1, 1] },
      { started: 1, seconds: [1, 1, 1, 1], shift: null },
    ],
    [4, 4],
    null,
  ],
  [
    "where a worker has no round in the window all rounds count and the concurrency is 0",
    [
      { started: 0, seconds: [1, 1] },
      { started: 5, seconds: [1, 1] },
    ],
    [2, 2],
    0,
  ],
  [
    // 0–10 and 4–12: 6 of 10 and of 8 s.
    "a single round of each counts however they lie",
    [
      { started: 0, seconds: [10] },
      { started: 4, seconds: [8] },
    ],
    [1, 1],
    0.6,
  ],
];
for (const [title, pods, counted, concurrency] of cases) {
  test(title, (t) => {
    const { nodes, timeline } = runOf(pods);
    const window = commonWindow(nodes, timeline);
    t.deepEqual(
      window.counted.map(({ length }) => length),
      counted,
    );
    const all = pods.reduce((sum, { seconds }) => sum + seconds.length, 0);
    t.is(window.leftOut, all - counted.reduce((sum, each) => sum + each, 0));
    if (concurrency === null || window.concurrency === null) t.is(window.concurrency, concurrency);
    else t.true(Math.abs(window.concurrency - concurrency) < 1e-9, String(window.concurrency));
  });
}

test("without a timeline clocks of several workers can't be set against each other", (t) => {
  const { nodes } = runOf([
    { started: 0, seconds: [1, 1] },
    { started: 0, seconds: [1, 1] },
  ]);
  t.is(commonWindow(nodes, null).concurrency, null);
});
