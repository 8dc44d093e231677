import test from "ava";
import { roundInterval, roundTimes } from "../../analysis/round-times.ts";
import { runRecord } from "../helpers/example-records.ts";

test("a record's times are those of its rounds, in order", (t) => {
  t.deepEqual(roundTimes(runRecord({ seconds: [3, 1, 2] })), [3, 1, 2]);
});

test("a record's interval is that of the mean of its rounds, from three rounds on", (t) => {
  // Mean 2, s = 1, 1/√3 = 0.577350; t = 4.302653: ± 2.484138, cut at a tenth of the shortest round.
  const [low, high] = roundInterval(runRecord({ seconds: [3, 1, 2] })) ?? [0, 0];
  t.is(low, 0.1);
  t.true(Math.abs(high - 4.484_138) < 1e-6);
  t.is(roundInterval(runRecord({ seconds: [5, 4] })), null);
  t.is(roundInterval({ rounds: [] }), null);
});
