import test from "ava";
import { roundInterval, roundTimes } from "../../analysis/round-times.ts";
import { runRecord } from "../helpers/example-records.ts";

test("a record's times are those of its rounds, in order", (t) => {
  t.deepEqual(roundTimes(runRecord({ seconds: [3, 1, 2] })), [3, 1, 2]);
});

test("six rounds bound their median by the shortest and the longest, fewer do not", (t) => {
  t.deepEqual(roundInterval(runRecord({ seconds: [6, 5, 4, 3, 2, 1] })), [1, 6]);
  t.is(roundInterval(runRecord({ seconds: [5, 4, 3, 2, 1] })), null);
  t.is(roundInterval({ rounds: [] }), null);
});
