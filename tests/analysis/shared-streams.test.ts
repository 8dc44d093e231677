import test from "ava";
import fc from "fast-check";
import { sharedStream } from "../../analysis/shared-streams.ts";
import { nodeRecord } from "../helpers/example-records.ts";

/** A worker whose rounds of a million samples counted these. */
function counting(index: number, counts: readonly number[], samples = 1_000_000) {
  const record = nodeRecord({ index, seconds: counts.map(() => 1) });
  const rounds = record.rounds.map((round, i) => ({ ...round, inside: counts[i] ?? 0 }));
  return { ...record, rounds, samples: samples * counts.length };
}

test("two workers that counted the same in every round have one stream", (t) => {
  const nodes = [counting(0, [1, 2, 3]), counting(1, [4, 5, 6]), counting(2, [1, 2, 3])];
  t.deepEqual(
    sharedStream(nodes)?.map(({ index }) => index),
    [0, 2],
  );
});

test("workers that differ in one round have streams of their own", (t) => {
  t.is(sharedStream([counting(0, [1, 2, 3]), counting(1, [1, 2, 4])]), undefined);
});

test("agreement that chance may explain proves nothing", (t) => {
  // One round of 100 throws: two binomial counts agree in 7 of 100 cases.
  t.is(sharedStream([counting(0, [78], 100), counting(1, [78], 100)]), undefined);
});

test("a single worker shares no stream, whatever it counted", (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), (counts) => {
      t.is(sharedStream([counting(0, counts)]), undefined);
    }),
  );
});
