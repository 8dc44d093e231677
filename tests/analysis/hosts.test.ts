import test from "ava";
import { throughputSpeedupBound } from "../../analysis/hosts.ts";
import type { Run } from "../../analysis/records.ts";
import { baselineRecord, nodeRecord } from "../helpers/example-records.ts";

const seconds = [1, 1];
const on = <T extends Run>(record: T, bootId: string | null, cores = 2, processes = 1): T => ({
  ...record,
  cores,
  processes,
  machine: { ...record.machine, bootId },
});
const worker = (index: number, ...host: [string | null, number?, number?]) =>
  on(nodeRecord({ index, seconds }), ...host);
const single = (bootId: string | null) => on(baselineRecord(seconds), bootId);

test("three workers on the single machine's two cores can't exceed 2", (t) => {
  t.is(
    throughputSpeedupBound(
      [0, 1, 2].map((i) => worker(i, "a")),
      single("a"),
    ),
    2,
  );
});

test("where there are cores for all, the bound is the number of workers", (t) => {
  t.is(
    throughputSpeedupBound(
      [0, 1, 2].map((i) => worker(i, "a", 8)),
      single("a"),
    ),
    3,
  );
});

test("workers of two processes each need twice the cores", (t) => {
  t.is(
    throughputSpeedupBound(
      [0, 1, 2].map((i) => worker(i, "a", 4, 2)),
      single("a"),
    ),
    2,
  );
});

test("a worker on a computer of its own adds one", (t) => {
  t.is(throughputSpeedupBound([worker(0, "a"), worker(1, "a"), worker(2, "a"), worker(3, "b")], single("a")), 3);
});

test("workers on computers of their own, one of them the single machine, can't exceed their number", (t) => {
  t.is(throughputSpeedupBound([worker(0, "a"), worker(1, "b"), worker(2, null)], single("a")), 3);
});

test("an unknown computer counts as separate", (t) => {
  t.is(throughputSpeedupBound([worker(0, null), worker(1, null)], single(null)), null);
});

test("with a single machine elsewhere, or given, the bound is unknown: its cores may be of another speed", (t) => {
  const shared = [worker(0, "a"), worker(1, "a")];
  t.is(throughputSpeedupBound(shared, single("b")), null);
  t.is(throughputSpeedupBound(shared, { mode: "given", seconds: 1 }), null);
});

test("a single machine that computed with a share of a core is beaten by a worker with the same share for each", (t) => {
  // Four processes on two cores on both sides: one worker does what the single machine does, and so do three together.
  const crowded = [0, 1, 2].map((i) => worker(i, "a", 2, 4));
  t.is(throughputSpeedupBound(crowded, on(single("a"), "a", 2, 4)), 1);
  // Half a core by quota, on computers of their own.
  const confined = [0, 1, 2].map((i) => worker(i, `host ${i}`, 0.5));
  t.is(throughputSpeedupBound(confined, on(single("host 0"), "host 0", 0.5)), 3);
});
