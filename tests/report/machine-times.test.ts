import test from "ava";
import { machineTimes } from "../../report/machine-times.ts";
import { assessmentOf } from "../helpers/example-assessment.ts";
import { baselineRecord, nodeRecord, timelineOf } from "../helpers/example-records.ts";

test("mean, median and waiting are those of the rounds that count", (t) => {
  // The second begins 4 s later and ends with the first: of the first, the rounds of 9 s and 1 s don't count.
  const nodes = [
    nodeRecord({ index: 0, seconds: [3, 1, 2, 2, 5], waited: 0.5 }),
    nodeRecord({ index: 1, seconds: [2, 2, 5], started: 4 }),
  ];
  const { workers } = machineTimes(assessmentOf(nodes, baselineRecord([1, 1]), timelineOf([14, 14])));
  // 2, 2 and 5 s count; 1.5 s of 9 s were spent waiting.
  t.like(workers[0], { mean: 3, median: 2, waited: 1.5 / 9 });
  t.is(workers[0]?.counted.length, 3);
  t.deepEqual(
    workers[0]?.leftOut.map(({ seconds }) => seconds),
    [3, 1],
  );
});

test("a share of waiting is of all processes' time, and unknown where one round's is", (t) => {
  const node = nodeRecord({ seconds: [2, 2], waited: 1 });
  const share = (changed: Partial<typeof node>) =>
    machineTimes(assessmentOf([{ ...node, ...changed }], baselineRecord([1]))).workers[0]?.waited;
  t.is(share({}), 0.5);
  t.is(share({ processes: 2 }), 0.25);
  t.is(share({ rounds: node.rounds.map((round, i) => (i === 0 ? { ...round, waited: null } : round)) }), null);
});

test("for given seconds nothing else is known", (t) => {
  const { single } = machineTimes(assessmentOf([nodeRecord({ seconds: [1] })], { mode: "given", seconds: 1.5 }));
  t.like(single, { name: "single machine", mean: 1.5, interval: null, median: null, waited: null, run: null });
});
