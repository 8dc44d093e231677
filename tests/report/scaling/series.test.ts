import test from "ava";
import { coreBounds, lawBand, means, shownPoints } from "../../../report/scaling/series.ts";
import { exampleLaw, exampleScaling } from "../../helpers/example-scaling.ts";

const close = (value: number | null | undefined, expected: number) => Math.abs((value ?? Number.NaN) - expected) < 1e-9;

test("with work that grows, two equal workers do twice as much, whatever their block's level", (t) => {
  const points = shownPoints(exampleScaling({ counts: [1, 2] }));
  for (const point of points) t.true(close(point.speedup, point.workers), `${point.speedup}`);
});

test("work that is divided is done in half the time", (t) => {
  const points = shownPoints(exampleScaling({ kind: "strong", counts: [1, 2] }));
  for (const point of points) t.true(close(point.speedup, point.workers));
});

test("a point is set against the single worker of its own block", (t) => {
  // Block 1: 1.0 s and 1.25 s; block 2: 2.0 s and 2.0 s. So 2·1.0/1.25 = 1.6 and 2·2.0/2.0 = 2.
  const time = (workers: number, block: number) => (block === 2 ? 2 : workers === 1 ? 1 : 1.25);
  const points = shownPoints(exampleScaling({ counts: [1, 2], blocks: 2, time }));
  t.deepEqual(
    points.map(({ speedup }) => speedup),
    [1, 1.6, 1, 2],
  );
});

test("as the user waits, both sides have a start", (t) => {
  // 2·(2 + 1)/(2 + 1) = 2 with equal rounds, and 2·(2 + 1)/(2 + 2) = 1.5 where two workers take 2 s.
  const [, second] = shownPoints(exampleScaling({ counts: [1, 2], blocks: 1, time: (workers) => workers }));
  t.is(second?.waitSpeedup, 1.5);
});

test("without a point with one worker, and without a start, nothing is compared", (t) => {
  t.true(shownPoints(exampleScaling({ counts: [2, 3] })).every(({ speedup }) => speedup === null));
  t.true(shownPoints(exampleScaling({ start: null })).every(({ waitSpeedup }) => waitSpeedup === null));
});

test("means are taken over the blocks, and a count without a value is left out", (t) => {
  const points = [
    { workers: 2, value: 1 },
    { workers: 1, value: 4 },
    { workers: 2, value: 3 },
    { workers: 3, value: null },
  ];
  t.deepEqual(
    means(points, ({ value }) => value),
    [
      { workers: 1, mean: 4 },
      { workers: 2, mean: 2 },
    ],
  );
});

test("the cores are a bound only where they allow less than all workers", (t) => {
  t.deepEqual(coreBounds(exampleScaling()), []);
  t.deepEqual(coreBounds(exampleScaling({ counts: [1, 3], bound: (workers) => Math.min(workers, 2) })), [
    { workers: 1, bound: 1 },
    { workers: 3, bound: 2 },
  ]);
});

// By hand: Amdahl p/(1 + s(p − 1)), Gustafson p − s(p − 1), s = 0.1 ± 0.01.
const laws: [name: "Amdahl" | "Gustafson", at: number, speedup: number, low: number, high: number][] = [
  ["Amdahl", 1, 1, 1, 1],
  ["Amdahl", 4, 4 / 1.3, 4 / 1.33, 4 / 1.27],
  ["Gustafson", 1, 1, 1, 1],
  ["Gustafson", 4, 3.7, 3.67, 3.73],
];
for (const [name, at, speedup, low, high] of laws) {
  test(`${name}'s law with ${at} workers is drawn where its formula puts it, with its band`, (t) => {
    const band = lawBand(exampleLaw(name, 0.1), [1, 2, 3, 4]);
    const place = band.find(({ workers }) => workers === at);
    t.true(close(place?.speedup, speedup), `${place?.speedup}`);
    // The margin was rounded by the quantile of the example.
    t.true(Math.abs((place?.low ?? 0) - low) < 1e-3 && Math.abs((place?.high ?? 0) - high) < 1e-3);
  });
}

test("a band goes no further than what was measured", (t) => {
  const band = lawBand(exampleLaw("Amdahl", 0.1), [2, 5]);
  t.deepEqual([band[0]?.workers, band.at(-1)?.workers], [2, 5]);
});

test("the Universal Scalability Law's band takes both coefficients and what they have in common", (t) => {
  // Side at p = 3: 1 + 0.1·2 + 0.01·6 = 1.26; variance 4·0.0004 + 36·0.0001 + 2·2·6·(−0.0002) = 0.0004; t(0.975; 8) = 2.306.
  const law = {
    ...exampleLaw("Universal Scalability Law", 0.1),
    exchange: { coefficient: 0.01, interval: [0, 0.02] as [number, number] },
    variance: [0.0004, 0.0001, -0.0002],
  };
  const place = lawBand(law, [1, 5]).find(({ workers }) => Math.abs(workers - 3) < 1e-9);
  t.true(close(place?.speedup, 3 / 1.26));
  // In logarithms: 3/1.26·exp(−2.306·0.02/1.26).
  t.true(Math.abs((place?.low ?? 0) - (3 / 1.26) * Math.exp((-2.306 * 0.02) / 1.26)) < 1e-4);
});
