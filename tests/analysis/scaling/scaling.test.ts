import test from "ava";
import fc from "fast-check";
import * as v from "valibot";
import { lawAt } from "../../../analysis/scaling/curve.ts";
import { amdahl, gustafson, universal } from "../../../analysis/scaling/laws.ts";
import { scalingOf } from "../../../analysis/scaling/scaling.ts";
import { type StudyPoint, scalingSchema } from "../../../analysis/scaling/study-records.ts";
import { studentQuantile } from "../../../analysis/student.ts";
import { randomFrom } from "../../bench/random.ts";
import { study } from "../../bench/synthetic-studies.ts";
import { examplePlan, examplePoint, lawPoints } from "../../helpers/example-study.ts";
import { recomputedFit } from "../../helpers/recomputed-scaling.ts";

const near = (a: number | undefined, b: number, within = 1e-8) => a !== undefined && Math.abs(a - b) <= within;

// T_1 = 6 s and s = 1/4: T(2) = 6·(1 + 1/4)/2 = 3.75 s and T(3) = 6·(1 + 2/4)/3 = 3 s.
const byHand: Record<number, number> = { 1: 6, 2: 3.75, 3: 3 };

test("Amdahl's law is found in points that lie on it, as by hand", (t) => {
  const points = examplePlan([1, 2, 3], 2).map((planned) => examplePoint(planned, byHand[planned.workers] ?? 0));
  const { law, reason } = scalingOf("strong", points);
  t.is(reason, null);
  t.is(law?.name, "Amdahl");
  t.true(near(law?.coefficient, 0.25));
  t.true(near(law?.single, 6));
  t.is(law?.degrees, 3);
  t.is(law?.limit?.of, "speed-up");
  t.true(near(law?.limit?.value ?? 0, 4, 1e-6));
});

// At p = 3, block 1 is e^0.03 times as long and block 2 e^−0.03. Blocks mirror each other, so s stays 1/4. What is left, less each
// block's mean: ∓(0.01, 0.01, −0.02), Σe² = 2·0.0006 = 0.0012, s² = 0.0012/3 = 0.0004. ∂ln T/∂s = (p − 1)/(1 + s(p − 1)) = 0, 0.8, 4/3, less
// their mean: Σ = 2·0.900741 = 1.801481; standard error √(0.0004/1.801481) = 0.0149011; t with 3 degrees = 3.182446.
test("the interval of Amdahl's serial fraction is the one by hand", (t) => {
  const points = examplePlan([1, 2, 3], 2).map((planned) => {
    const off = planned.workers === 3 ? Math.exp(planned.block === 1 ? 0.03 : -0.03) : 1;
    return examplePoint(planned, (byHand[planned.workers] ?? 0) * off);
  });
  const { law } = scalingOf("strong", points);
  t.true(near(law?.coefficient, 0.25));
  t.true(near(law?.interval[0], 0.25 - 3.182446 * 0.0149011, 1e-6));
  t.true(near(law?.interval[1], 0.25 + 3.182446 * 0.0149011, 1e-6));
  t.is(law?.lackOfFit, 1);
});

for (const [kind, form] of [
  ["strong", amdahl],
  ["weak", gustafson],
] as const) {
  test(`${form.name}'s fit to points with noise is the one of a search and of the full normal equations`, (t) => {
    for (let run = 0; run < 20; run++) {
      const random = randomFrom(`${kind} ${run}`);
      const points = lawPoints(form, [0.1], [1, 2, 3, 5], [5, 6, 5.5]).map(({ seconds, ...point }) =>
        examplePoint(point, seconds * Math.exp(0.01 * random.normal())),
      );
      const { law, reason } = scalingOf(kind, points);
      // One sound study of a hundred is refused.
      if (law === null) {
        t.regex(reason ?? "", /do not follow/);
        continue;
      }
      const again = recomputedFit(kind, points);
      t.true(near(law.coefficient, again.s, 1e-6));
      t.is(law.degrees, again.degrees);
      const margin = studentQuantile(0.975, again.degrees) * again.standardError;
      t.true(near(law.interval[1] - law.coefficient, margin, 1e-6));
      t.true(near(law.coefficient - law.interval[0], margin, 1e-6));
    }
  });
}

const fractions = fc.double({ min: -0.05, max: 0.6, noNaN: true });
const levels = fc.array(fc.double({ min: 0.5, max: 50, noNaN: true }), { minLength: 2, maxLength: 4 });

test("a law without noise gives back its coefficient, whatever the blocks' levels", (t) => {
  fc.assert(
    fc.property(fractions, levels, fc.integer({ min: 3, max: 8 }), (s, levels, most) => {
      const counts = Array.from({ length: most }, (_, i) => i + 1);
      t.true(near(scalingOf("strong", lawPoints(amdahl, [s], counts, levels)).law?.coefficient, s));
      t.true(near(scalingOf("weak", lawPoints(gustafson, [s], counts, levels)).law?.coefficient, s));
    }),
    { numRuns: 30 },
  );
});

test("the universal law without noise gives back both coefficients, and its peak", (t) => {
  const { universal: found } = scalingOf("strong", lawPoints(universal, [0.05, 0.01], [1, 2, 3, 4, 6, 8], [5, 6, 7]));
  t.true(near(found.law?.coefficient, 0.05, 1e-7));
  t.true(near(found.law?.exchange?.coefficient, 0.01, 1e-7));
  // √(0.95/0.01)
  t.true(near(found.law?.limit?.value ?? 0, 9.746794, 1e-4));
  t.is(found.law?.limit?.of, "workers");
});

test("points on the universal law that are not on Amdahl's are given the universal law", (t) => {
  const setting = { form: universal, coefficients: [0.05, 0.01], counts: [1, 2, 3, 4, 6, 8], blocks: 3 };
  const found = study({ ...setting, pointNoise: 0.005, workerNoise: 0 }, randomFrom("curved"), "1");
  t.is(found.law?.name, "Universal Scalability Law");
  t.deepEqual(found.law, found.universal.law);
});

test("no peak is reported beyond twice the largest count, or if communication may cost nothing", (t) => {
  const far = scalingOf("strong", lawPoints(universal, [0.05, 0.002], [1, 2, 3, 4, 6, 8], [5, 6]));
  t.true(near(far.universal.law?.exchange?.coefficient, 0.002, 1e-7));
  t.is(far.universal.law?.limit, null);
  const none = scalingOf("strong", lawPoints(universal, [0.05, 0], [1, 2, 3, 4, 6, 8], [5, 6]));
  t.is(none.universal.law?.limit, null);
});

const noisy = (kind: "strong" | "weak") => {
  const setting = {
    form: kind === "strong" ? amdahl : gustafson,
    coefficients: [0.1],
    counts: [1, 2, 3, 4],
    blocks: 3,
  };
  const { points } = study({ ...setting, pointNoise: 0.01, workerNoise: 0.01 }, randomFrom("noisy"), "1");
  return points.map(
    ({ mean: _mean, bound: _bound, ...point }): StudyPoint => ({
      ...point,
      doubts: [],
      hosts: point.nodes.map((node) => ({ nodes: [node], cores: 1, processes: 1 })),
    }),
  );
};

test("the order of the points does not matter", (t) => {
  const points = noisy("strong");
  fc.assert(
    fc.property(fc.shuffledSubarray(points, { minLength: points.length }), (shuffled) => {
      t.deepEqual(scalingOf("strong", shuffled), scalingOf("strong", points));
    }),
    { numRuns: 20 },
  );
});

test("a clock of another unit changes no coefficient", (t) => {
  for (const kind of ["strong", "weak"] as const) {
    const points = noisy(kind);
    const of = (by: number) =>
      scalingOf(
        kind,
        points.map((point) => ({ ...point, seconds: by * point.seconds, times: point.times.map((each) => by * each) })),
      ).law;
    const [one, thousand] = [of(1), of(1000)];
    t.truthy(one);
    t.true(near(thousand?.coefficient, one?.coefficient ?? 0));
    t.true(near(thousand?.interval[1], one?.interval[1] ?? 0));
  }
});

test("as the user waits, the start is the serial part: 1 s of 6 s is a sixth", (t) => {
  const points = lawPoints(amdahl, [0], [1, 2, 3, 4], [5, 5]);
  const { law, asUserWaits } = scalingOf("strong", points);
  t.true(near(law?.coefficient, 0));
  t.true(near(asUserWaits.law?.coefficient, 1 / 6));
  t.true(near(asUserWaits.law?.limit?.value ?? 0, 6, 1e-6));
});

test("without every point's wait there is no second curve, and the first stays", (t) => {
  const points = lawPoints(amdahl, [0.1], [1, 2, 3], [5, 5]).map((each, i) =>
    i === 2 ? { ...each, wait: null } : each,
  );
  const { law, asUserWaits } = scalingOf("strong", points);
  t.truthy(law);
  t.is(asUserWaits.law, null);
  t.regex(asUserWaits.reason ?? "", /For some points, the user's waiting time is unknown/);
});

test("a superlinear speed-up is reported, not clipped", (t) => {
  const { law, remarks } = scalingOf("strong", lawPoints(amdahl, [-0.05], [1, 2, 3], [5, 6]));
  t.true(near(law?.coefficient, -0.05));
  t.is(law?.limit, null);
  t.regex(remarks.join(), /The serial fraction is certainly below 0/);
});

test("Gustafson's law has no limit", (t) => {
  t.is(scalingOf("weak", lawPoints(gustafson, [0.1], [1, 2, 3], [5, 6])).law?.limit, null);
});

test("a law's curve goes through its points, and its band is as wide as the interval says", (t) => {
  const strong = scalingOf("strong", lawPoints(amdahl, [0.25], [1, 2, 3], [6, 6])).law;
  const weak = scalingOf("weak", lawPoints(gustafson, [0.1], [1, 2, 3], [6, 6])).law;
  if (strong === null || weak === null) return t.fail("no law");
  t.true(near(lawAt(strong, 3)?.speedup, 2));
  t.true(near(lawAt(strong, 3)?.seconds, 3));
  // 3 − 0.1·2
  t.true(near(lawAt(weak, 3)?.speedup, 2.8));
  // One standard deviation of 0.02 in s, at p = 3: 2/(1.5)·0.02 of the logarithm, times t with 3 degrees.
  const band = lawAt({ ...strong, variance: [0.0004] }, 3)?.interval;
  t.true(near(band?.[1], 2 * Math.exp((3.182446 * 0.02 * 2) / 1.5), 1e-5));
  return undefined;
});

test("the results of a study match the output's schema", (t) => {
  for (const kind of ["strong", "weak"] as const) {
    const found = scalingOf(kind, noisy(kind));
    t.deepEqual(v.parse(scalingSchema, JSON.parse(JSON.stringify(found))), found);
  }
  t.deepEqual(v.parse(scalingSchema, scalingOf("weak", [])), scalingOf("weak", []));
});

test("points that show no chance at all get their law, and the remark that measured times differ", (t) => {
  const { law, remarks } = scalingOf("weak", lawPoints(gustafson, [0], [1, 2, 3], [5, 6]));
  t.deepEqual(
    law?.interval.map((each) => Math.abs(each) < 1e-9),
    [true, true],
  );
  t.regex(remarks.join(" "), /The interval has no width/);
  t.notRegex(scalingOf("weak", noisy("weak")).remarks.join(" "), /no width/);
});

test("a point keeps what makes it doubtful", (t) => {
  const points = noisy("weak").map((each, i) => (i === 1 ? { ...each, doubts: ["workers waited"] } : each));
  const { points: kept } = scalingOf("weak", points);
  t.is(kept.filter(({ doubts }) => doubts.includes("workers waited")).length, 1);
});

test("workers that share a computer with enough cores get a law with a remark", (t) => {
  const points = noisy("weak").map((each) => ({
    ...each,
    hosts: [{ nodes: each.nodes, cores: 8, processes: each.workers }],
  }));
  const { law, remarks } = scalingOf("weak", points);
  t.truthy(law);
  t.regex(remarks.join(" "), /Up to 4 workers share one computer/);
  t.notRegex(scalingOf("weak", noisy("weak")).remarks.join(" "), /share one computer/);
});
