import test from "ava";
import * as v from "valibot";
import {
  compareStudies,
  type KeptStudy,
  keptStudy,
  keptStudySchema,
  shareBlocks,
} from "../../../report/history/studies.ts";
import { exampleLaw, exampleScaling } from "../../helpers/example-scaling.ts";

const near = (value: number | undefined, expected: number, by = 1e-4) =>
  Math.abs((value ?? Number.NaN) - expected) <= by;

const study = (changed: Partial<KeptStudy> = {}): KeptStudy => ({
  ...keptStudy(exampleScaling(), 1_764_000_000),
  ...changed,
});
const law = (coefficient: number, margin = 0.01, name: "Amdahl" | "Gustafson" = "Amdahl"): KeptStudy["law"] => ({
  name,
  coefficient,
  interval: [coefficient - margin, coefficient + margin],
  exchange: null,
  degrees: 8,
});
const changeOf = (before: KeptStudy, now: KeptStudy, figure: string) =>
  compareStudies(before, now).changes.find((each) => each.figure === figure);

test("a study is kept with its settings, its laws, the throughput of the most workers, and the bound of the cores", (t) => {
  const kept = keptStudy(
    exampleScaling({ kind: "strong", law: exampleLaw("Amdahl", 0.1), bound: (p) => Math.min(p, 2) }),
    1_764_000_000,
  );
  t.like(kept, { kind: "strong", counts: [1, 2, 3, 4], doubtful: 0, bound: 2, reason: null, waits: null });
  t.is(kept.blocks.length, 3);
  t.like(kept.law, { name: "Amdahl", coefficient: 0.1, exchange: null, degrees: 8 });
  t.true(near(kept.law?.interval[0], 0.09));
  t.true(near(kept.throughput?.speedup, 4));
  t.is(kept.throughput?.degrees, 2);
});

test("a kept study is read as it was written", (t) => {
  for (const given of [exampleScaling(), exampleScaling({ counts: [2, 3] }), exampleScaling({ start: null })]) {
    const kept = keptStudy(given, 1_764_000_000);
    t.deepEqual(v.parse(keptStudySchema, JSON.parse(JSON.stringify(kept))), kept);
  }
});

test("its time is the end of its last point or, if unknown, of its run", (t) => {
  // The last of the points is released at 1_764_000_303 and takes 2 s and six rounds of 1.3 s.
  t.is(study().when, new Date(1000 * (1_764_000_303 + 2 + 6 * 1.3)).toISOString());
  const scaling = exampleScaling();
  const timeless = { ...scaling, points: scaling.points.map((point) => ({ ...point, when: null })) };
  t.is(keptStudy(timeless, 1_764_000_000).when, new Date(1_764_000_000_000).toISOString());
});

test("a study with more blocks shares the earlier ones, and another study shares none", (t) => {
  t.true(shareBlocks(study(), keptStudy(exampleScaling({ blocks: 5 }), 0)));
  t.false(shareBlocks(study(), keptStudy(exampleScaling({ time: (workers) => 1.5 + workers / 100 }), 0)));
});

const unreadable: [what: string, changed: Record<string, unknown>][] = [
  ["an interval upside down", { law: { ...law(0.1), interval: [0.2, 0.1] } }],
  ["a coefficient that is no number", { law: { ...law(0.1), coefficient: "0.1" } }],
  ["a law that nobody knows", { law: { ...law(0.1), name: "Murphy" } }],
  ["more counts than there are studies for", { counts: Array.from({ length: 1001 }, (_, i) => i + 1) }],
  ["a bound of 0", { bound: 0 }],
  ["a reason of a megabyte", { reason: "x".repeat(1_000_000) }],
  ["a throughput beyond all bounds", { throughput: { speedup: 1e300, interval: null, degrees: 2 } }],
  ["no block", { blocks: [] }],
  ["a moment that is none", { when: "yesterday" }],
];
for (const [what, changed] of unreadable) {
  test(`a study with ${what} is not read`, (t) => {
    t.false(v.is(keptStudySchema, { ...study(), ...changed }));
  });
}

test("two laws differ by Welch's interval of their difference", (t) => {
  // Standard errors 0.01/2.306 each, so that of the difference is 0.0061327; 16 degrees of freedom, t = 2.1199: ± 0.0130.
  const [before, now] = [study({ law: law(0.1), throughput: null }), study({ law: law(0.2), throughput: null })];
  const change = changeOf(before, now, "s");
  t.is(change?.verdict, "higher");
  t.true(near(change?.change, 0.1));
  t.true(near(change?.interval?.[0], 0.087) && near(change?.interval?.[1], 0.113), `${change?.interval}`);
  t.is(changeOf(now, before, "s")?.verdict, "lower");
});

test("with two figures compared, each interval is as wide as both together need", (t) => {
  // The same at 97.5 %: t = 2.4729 with 16 degrees of freedom, ± 0.01517.
  const change = changeOf(study({ law: law(0.1) }), study({ law: law(0.11) }), "s");
  t.is(change?.verdict, "same");
  t.true(near(change?.interval?.[0], 0.01 - 0.01517), `${change?.interval}`);
});

test("throughputs differ by their ratio, with an interval on logarithms", (t) => {
  // ln(2/1.9) = 0.051293 = 4.30265·0.011921; of the difference 0.016859, 4 degrees of freedom, t = 2.77645: ± 0.046808.
  const throughput = { speedup: 2, interval: [1.9, 2 / 0.95] as [number, number], degrees: 2 };
  const same = changeOf(study({ throughput }), study({ throughput }), "throughput");
  t.is(same?.verdict, "same");
  t.true(near(same?.interval?.[0], 0.95427) && near(same?.interval?.[1], 1.04793), `${same?.interval}`);
  const faster = { speedup: 3, interval: [2.85, 3 / 0.95] as [number, number], degrees: 2 };
  t.is(changeOf(study({ throughput }), study({ throughput: faster }), "throughput")?.verdict, "higher");
});

test("a throughput without an interval decides nothing", (t) => {
  const throughput = { speedup: 2, interval: null, degrees: 0 };
  t.is(changeOf(study({ throughput }), study({ throughput }), "throughput")?.verdict, "can't tell");
});

test("studies without any scatter that are equal are the same, and others are not", (t) => {
  t.is(changeOf(study({ law: law(0.1, 0) }), study({ law: law(0.1, 0) }), "s")?.verdict, "same");
  t.is(changeOf(study({ law: law(0.1, 0) }), study({ law: law(0.2, 0) }), "s")?.verdict, "higher");
});

test("both coefficients of the Universal Scalability Law are compared", (t) => {
  const curved = (beta: number): KeptStudy["law"] => ({
    name: "Universal Scalability Law",
    coefficient: 0.05,
    interval: [0.04, 0.06],
    exchange: { coefficient: beta, interval: [beta - 0.001, beta + 0.001] },
    degrees: 8,
  });
  const { changes } = compareStudies(study({ law: curved(0.003) }), study({ law: curved(0.009) }));
  t.deepEqual(
    changes.map(({ figure, verdict }) => [figure, verdict]),
    [
      ["alpha", "same"],
      ["beta", "higher"],
      ["throughput", "same"],
      ["bound", "same"],
    ],
  );
});

test("another bound of the cores is another bound, without an interval", (t) => {
  t.like(changeOf(study({ bound: 2 }), study({ bound: 4 }), "bound"), {
    before: 2,
    now: 4,
    interval: null,
    verdict: "higher",
  });
});

const obstacles: [before: KeptStudy["law"], now: KeptStudy["law"], said: RegExp | null][] = [
  [null, null, /Neither study has a law to compare/],
  [null, law(0.1), /no law was fitted to the earlier study/],
  [law(0.1), null, /no law is fitted to this study/],
  [
    law(0.1),
    law(0.1, 0.01, "Gustafson"),
    /The earlier study follows Amdahl's law, and this one follows Gustafson's law/,
  ],
  [law(0.1), law(0.1), null],
];
for (const [before, now, said] of obstacles) {
  test(`${before?.name ?? "no law"} and ${now?.name ?? "no law"}: ${said === null ? "nothing keeps them" : "it is said what keeps them"} from being compared`, (t) => {
    const found = compareStudies(study({ law: before }), study({ law: now })).obstacles.join(" ");
    if (said === null) t.is(found, "");
    else t.regex(found, said);
  });
}
