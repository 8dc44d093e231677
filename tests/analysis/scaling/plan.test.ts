import test from "ava";
import fc from "fast-check";
import * as v from "valibot";
import { countsOf, studyPlan, studyRefusal, studySchema } from "../../../analysis/scaling/plan.ts";
import { assertFault, messageOf } from "../../helpers/faults.ts";

const names = (count: number) => Array.from({ length: count }, (_, i) => `node-${i}`);

test("every block of a plan has every count once, on the first workers", (t) => {
  const arbitrary = fc.record({
    workers: fc.integer({ min: 1, max: 12 }),
    repeats: fc.integer({ min: 1, max: 5 }),
    run: fc.string(),
  });
  fc.assert(
    fc.property(arbitrary, ({ workers, repeats, run }) => {
      const plan = studyPlan(names(workers), "all", repeats, run);
      for (let block = 1; block <= repeats; block++) {
        const points = plan.filter((point) => point.block === block);
        t.deepEqual(
          points.map((point) => point.workers).toSorted((a, b) => a - b),
          countsOf("all", workers),
        );
        t.deepEqual(
          points.map(({ position }) => position),
          countsOf("all", workers),
        );
      }
      for (const point of plan) t.deepEqual(point.nodes, names(point.workers));
      t.deepEqual(
        plan.map(({ block }) => block),
        plan.map(({ block }) => block).toSorted((a, b) => a - b),
      );
    }),
  );
});

test("the same run is planned the same, and another run in another order", (t) => {
  const order = (run: string) => studyPlan(names(8), "all", 3, run).map(({ workers }) => workers);
  t.deepEqual(order("1"), order("1"));
  t.notDeepEqual(order("1"), order("2"));
  const blocks = [0, 8, 16].map((from) =>
    order("1")
      .slice(from, from + 8)
      .join(),
  );
  t.is(new Set(blocks).size, 3);
});

test("every order of three counts comes about equally often", (t) => {
  const seen = new Map<string, number>();
  for (let run = 0; run < 1200; run++) {
    const order = studyPlan(names(3), "all", 1, String(run))
      .map(({ workers }) => workers)
      .join();
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  t.is(seen.size, 6);
  // 200 each; four standard deviations of the binomial distribution are 52.
  for (const [order, times] of seen) t.true(Math.abs(times - 200) < 52, `${order}: ${times}`);
});

const accepted: [text: string, study: unknown][] = [
  ["", null],
  ["  ", null],
  ["all", "all"],
  ["1,2,4", [1, 2, 4]],
  [" 4, 1 ,2 ", [1, 2, 4]],
  ["3", [3]],
  ["1000", [1000]],
];
for (const [text, study] of accepted) {
  test(`the study "${text}" is understood`, (t) => t.deepEqual(v.parse(studySchema, text), study));
}

for (const text of [
  "1,1",
  "0",
  "1,0",
  "-1",
  "1.5",
  "1,,2",
  "1,2,",
  ",",
  "All",
  "all,1",
  "1 2",
  "1001",
  "1;2",
  "١",
  "1e2",
]) {
  test(`the study "${text}" is refused with what is allowed`, (t) => {
    const { issues } = v.safeParse(studySchema, text);
    t.regex(issues?.[0].message ?? "", /"all", or worker counts such as "1,2,4", each of them once and from 1 to 1000/);
  });
}

test("a study of more workers than there are is refused, and its message is the document's", (t) => {
  const message = messageOf(studyRefusal("pi-speedup:study", [1, 4, 8], 3));
  assertFault(t, "study-too-large", message);
  t.regex(
    message,
    /asks for 4, 8 workers, but only 3 take part\. Set it to "all" or to worker counts from 1 to 3 with/,
  );
  t.regex(messageOf(studyRefusal("pi-speedup:study", [2], 1)), /but only 1 takes part/);
  t.is(studyRefusal("pi-speedup:study", [1, 3], 3), null);
  t.is(studyRefusal("pi-speedup:study", "all", 1), null);
});

test("no plan is made for missing workers", (t) => {
  t.throws(() => studyPlan(names(2), [1, 3], 2, "1"), { instanceOf: RangeError, message: /no point with 3/ });
});
