import test from "ava";
import { elapsed, overhead } from "../../analysis/overhead.ts";
import type { NodeRecord, Timeline } from "../../analysis/records.ts";
import type { NonEmpty } from "../../analysis/values.ts";
import { nodeRecord, podTimes } from "../helpers/example-records.ts";

// Each computes 2 + 2 s, with 0.5 s before and 0.25 s after.
const nodes: NonEmpty<NodeRecord> = [0, 1].map((index) =>
  nodeRecord({ index, seconds: [2, 2], warmUp: 0.5, coolDown: 0.25 }),
) as unknown as NonEmpty<NodeRecord>; // two of them
const first = podTimes({ index: 0, read: 6 });
// Released at 1000, scheduled 0.5 s later, container seen to run at 1004.5 after a pull of 3 s, read after 10 s.
const last = podTimes({ index: 1, scheduled: 1000.5, started: 1004.5, finished: 1009.5, pull: 3, read: 10 });
const timeline = (...pods: Timeline["pods"]): Timeline => ({ released: 1000, pods });
const nothing = { ofPods: null, overhead: null, overheadParts: { scheduling: null, start: null, other: null } };

test("elapsed runs from the release to the last result read", (t) => {
  t.is(elapsed(timeline(first, last)), 10);
});

test("elapsed is unknown where a result's time is", (t) => {
  t.is(elapsed(timeline(first, { ...last, read: null })), null);
  t.is(elapsed(timeline()), null);
  t.is(elapsed(null), null);
});

test("each pod's overhead leaves out pull, warm-up, cool-down and rounds; the Job's is that of the pod read last", (t) => {
  // 6 − 0 − 4.75 = 1.25 and 10 − 3 − 4.75 = 2.25 = 0.5 (scheduling) + 1 (4 − 3 of pull) + 0.75
  t.deepEqual(overhead(nodes, timeline(first, last)), {
    ofPods: [1.25, 2.25],
    overhead: 2.25,
    overheadParts: { scheduling: 0.5, start: 1, other: 0.75 },
  });
});

test("a pod with a larger overhead whose result was read earlier does not count", (t) => {
  // 9 − 4.75 = 4.25 and, as above, 2.25
  t.like(overhead(nodes, timeline({ ...first, read: 9 }, last)), { ofPods: [4.25, 2.25], overhead: 2.25 });
});

test("of pods read in the same moment, the one with the largest overhead counts, whatever their numbers are", (t) => {
  // 10 − 4.75 = 5.25 without a pull, and 2.25 with one of 3 s, of which the scheduling is longer.
  const withoutPull = podTimes({ index: 0, scheduled: 1000.25, started: 1004, read: 10 });
  const expected = { overhead: 5.25, overheadParts: { scheduling: 0.25, start: 3.75, other: 1.25 } };
  t.like(overhead(nodes, timeline(withoutPull, last)), expected);
  t.like(overhead(nodes, timeline({ ...last, index: 0 }, { ...withoutPull, index: 1 })), expected);
});

test("of pods with the same overhead, the one with the longest known parts counts, whatever their numbers are", (t) => {
  const quick = podTimes({ index: 0, scheduled: 1001, started: 1003, read: 10 });
  const unseen = { ...quick, scheduled: null };
  const early = { ...quick, scheduled: 1000.5, started: 1003.5 };
  for (const other of [unseen, early, { ...quick, started: 1002 }, { ...quick, started: null }]) {
    const expected = { scheduling: 1, start: 2, other: 2.25 };
    t.deepEqual(overhead(nodes, timeline(quick, { ...other, index: 1 })).overheadParts, expected);
    t.deepEqual(overhead(nodes, timeline(other, { ...quick, index: 1 })).overheadParts, expected);
  }
});

const unknowns: [what: string, pods: Timeline["pods"]][] = [
  ["one pod's pull is not told", [{ ...first, pull: null }, last]],
  ["one result's time is not known", [{ ...first, read: null }, last]],
  ["nothing was seen of a pod", [last]],
  ["the rounds took longer than all together", [{ ...first, read: 4 }, last]],
];
for (const [what, pods] of unknowns) {
  test(`the overhead is unknown where ${what}`, (t) => {
    t.deepEqual(overhead(nodes, timeline(...pods)), nothing);
  });
}

test("without a timeline the overhead is unknown", (t) => {
  t.deepEqual(overhead(nodes, null), nothing);
});

test("unobserved times of the last pod are in the other part", (t) => {
  t.deepEqual(overhead(nodes, timeline(first, { ...last, scheduled: null })).overheadParts, {
    scheduling: null,
    start: null,
    other: 2.25,
  });
  t.deepEqual(overhead(nodes, timeline(first, { ...last, started: null })).overheadParts, {
    scheduling: 0.5,
    start: null,
    other: 1.75,
  });
});

test("a start that is shorter than the pull was not observed in time", (t) => {
  t.is(overhead(nodes, timeline(first, { ...last, started: 1001 })).overheadParts.start, null);
});

test("a start that was seen when the pod had long been computing is in the other part", (t) => {
  // 2.25 in all, of which 0.5 for scheduling; seen to run 2 s after that and the pull.
  t.deepEqual(overhead(nodes, timeline(first, { ...last, started: 1005.5 })).overheadParts, {
    scheduling: 0.5,
    start: null,
    other: 1.75,
  });
});

test("a node that was seen later than all the overhead is long leaves no part below 0", (t) => {
  t.deepEqual(overhead(nodes, timeline(first, { ...last, scheduled: 1002.5 })).overheadParts, {
    scheduling: null,
    start: null,
    other: 2.25,
  });
});
