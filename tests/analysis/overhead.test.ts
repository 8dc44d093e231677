import test from "ava";
import { concurrency, elapsed, overhead } from "../../analysis/overhead.ts";
import type { NodeRecord } from "../../analysis/records.ts";
import type { NonEmpty } from "../../analysis/values.ts";
import { nodeRecord, podTimes } from "../helpers/example-records.ts";

// Created at 1000, scheduled at 1002, pulled in 3 s, pi.py at 1006.5; warm-up 0.5 s, rounds 2 + 2 s, 0.25 s to end: 1011.25.
const late = nodeRecord({ index: 1, seconds: [2, 2], started: 1006.5, warmUp: 0.5, farewell: 0.25 });
const early = nodeRecord({ index: 0, seconds: [2, 2], started: 1004, warmUp: 0.5 });
const nodes: NonEmpty<NodeRecord> = [early, late];
const pod = podTimes({ index: 1, scheduled: 1002, started: 1006, finished: 1011, pull: 3 });
const nothing = { overhead: null, overheadParts: { scheduling: null, start: null, other: null } };

test("elapsed runs from the Job's creation to the end of the pod that ended last", (t) => {
  t.is(elapsed(nodes, { created: 1000, pods: [pod] }), 11.25);
});

test("the overhead of the last pod leaves out pull, warm-up and rounds, and its parts add up", (t) => {
  // 11.25 − 3 − 0.5 − 4 = 3.75 = 2 (scheduling) + 1.5 (1006.5 − 1002 − 3) + 0.25 (after the last round)
  t.deepEqual(overhead(nodes, { created: 1000, pods: [podTimes({ pull: 100 }), pod] }), {
    overhead: 3.75,
    overheadParts: { scheduling: 2, start: 1.5, other: 0.25 },
  });
});

test("an image that was present costs no pull", (t) => {
  t.is(overhead(nodes, { created: 1000, pods: [{ ...pod, pull: 0 }] }).overhead, 6.75);
});

test("a pull of unknown length stays inside the overhead, as part of the start", (t) => {
  t.deepEqual(overhead(nodes, { created: 1000, pods: [{ ...pod, pull: null }] }), {
    overhead: 6.75,
    overheadParts: { scheduling: 2, start: 4.5, other: 0.25 },
  });
});

test("what can't be told apart without the time of scheduling is the other part", (t) => {
  t.deepEqual(overhead(nodes, { created: 1000, pods: [{ ...pod, scheduled: null }] }), {
    overhead: 3.75,
    overheadParts: { scheduling: null, start: null, other: 3.75 },
  });
});

test("a pod that Kubernetes tells nothing of still has an overhead", (t) => {
  t.deepEqual(overhead(nodes, { created: 1000, pods: [] }), {
    overhead: 6.75,
    overheadParts: { scheduling: null, start: null, other: 6.75 },
  });
});

test("a node's clock behind the API server's leaves the start unknown instead of negative", (t) => {
  // Scheduled at 1006 with a pull of 1 s, but pi.py says that it began at 1006.5.
  t.deepEqual(overhead(nodes, { created: 1000, pods: [{ ...pod, scheduled: 1006, pull: 1 }] }), {
    overhead: 5.75,
    overheadParts: { scheduling: 6, start: null, other: -0.25 },
  });
});

test("a negative overhead is unknown, and so are its parts", (t) => {
  t.deepEqual(overhead(nodes, { created: 1008, pods: [pod] }), nothing);
});

test("a Job created after its pods ended shows clocks that contradict: nothing is known", (t) => {
  t.is(elapsed(nodes, { created: 2000, pods: [pod] }), null);
  t.deepEqual(overhead(nodes, { created: 2000, pods: [pod] }), nothing);
});

test("without a timeline elapsed and overhead are unknown", (t) => {
  t.is(elapsed(nodes, null), null);
  t.deepEqual(overhead(nodes, null), nothing);
});

interface Overlap {
  title: string;
  nodes: NonEmpty<NodeRecord>;
  expected: number | null;
}

const at = (started: number, seconds: readonly number[], index = 0) => nodeRecord({ index, started, seconds });

const overlaps: readonly Overlap[] = [
  { title: "one pod runs together with itself", nodes: [at(0, [5, 5])], expected: 1 },
  { title: "pods that start and end alike overlap wholly", nodes: [at(0, [5, 5]), at(0, [10])], expected: 1 },
  { title: "a short pod within a long one overlaps wholly", nodes: [at(0, [10]), at(3, [2, 2])], expected: 1 },
  { title: "0–10 and 4–12 share 6 of the shorter's 8 s", nodes: [at(0, [10]), at(4, [8])], expected: 0.75 },
  {
    title: "three pods: 0–10, 2–12, 5–25 share 5 of 10 s",
    nodes: [at(0, [10]), at(2, [10]), at(5, [20])],
    expected: 0.5,
  },
  { title: "pods one after the other share nothing", nodes: [at(0, [10]), at(11, [10])], expected: 0 },
  { title: "a span without length has no share", nodes: [at(0, [10]), at(5, [0])], expected: null },
];

for (const { title, nodes, expected } of overlaps) {
  test(`concurrency: ${title}`, (t) => {
    t.is(concurrency(nodes), expected);
  });
}

test("concurrency counts timed rounds only: the warm-up is left out", (t) => {
  // Timed 2–10 and 6–14: 4 of 8 s; the warm-ups began together.
  t.is(concurrency([nodeRecord({ warmUp: 2, seconds: [8] }), nodeRecord({ index: 1, warmUp: 6, seconds: [8] })]), 0.5);
});
