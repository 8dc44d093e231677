import test from "ava";
import fc from "fast-check";
import * as v from "valibot";
import { computeMetrics, type Metrics, metricsSchema, metricTable } from "../../analysis/metrics.ts";
import type { BaselineRecord, NodeRecord, Timeline } from "../../analysis/records.ts";
import { baselineRecord, nodeRecord, podTimes } from "../helpers/example-records.ts";

const tutorial = [5.68, 5.73, 5.79].map((seconds, index) => nodeRecord({ index, seconds: [seconds] }));

test("the tutorial's figures: 11.3 is a ratio of times, the three together are slower than the laptop", (t) => {
  const metrics = computeMetrics(tutorial, { mode: "given", seconds: 1.52 }, null);
  t.is(metrics.workers, 3);
  t.is(metrics.linearRatio.toFixed(1), "11.3");
  t.is(metrics.throughputSpeedup.toFixed(2), "0.79");
  t.is(metrics.speedup.toFixed(2), "0.27");
  t.is(metrics.efficiency.toFixed(2), "0.09");
  t.is(metrics.combinedTime.toFixed(1), "17.2");
  t.is(metrics.tSequential.toFixed(2), "4.56");
});

test("a worker's time is the median of its timed rounds, the warm-up left out", (t) => {
  const nodes = [
    nodeRecord({ index: 0, warmUp: 50, seconds: [4, 9, 5] }),
    nodeRecord({ index: 1, warmUp: 50, seconds: [7, 1, 8, 9] }),
  ];
  // Medians 5 and (7 + 8)/2 = 7.5
  const { tParallel, tSlowest } = computeMetrics(nodes, { mode: "given", seconds: 1 }, null);
  t.is(tParallel, 6.25);
  t.is(tSlowest, 7.5);
});

test("samples per worker are those of one round", (t) => {
  t.is(
    computeMetrics([nodeRecord({ seconds: [1, 1, 1] })], { mode: "given", seconds: 1 }, null).samplesPerWorker,
    1_000_000,
  );
});

test("π is pooled over all workers", (t) => {
  const nodes = [
    { ...nodeRecord({ index: 0, seconds: [1] }), samples: 100, inside: 80 },
    { ...nodeRecord({ index: 1, seconds: [1] }), samples: 300, inside: 230 },
  ];
  // 4·310/400
  t.is(computeMetrics(nodes, { mode: "given", seconds: 1 }, null).pi, 3.1);
});

const sixRounds = [1, 1.1, 1.2, 1.3, 1.4, 1.5];

test("six rounds give all four intervals", (t) => {
  const metrics = computeMetrics([nodeRecord({ seconds: sixRounds })], baselineRecord(sixRounds), null);
  t.deepEqual(metrics.tSingleCI95, [1, 1.5]);
  t.deepEqual(metrics.tParallelCI95, [1, 1.5]);
  t.deepEqual(metrics.tSlowestCI95, [1, 1.5]);
  const [low, high] = metrics.throughputSpeedupCI95 ?? [1, 1];
  t.true(low < 1 && 1 < high);
});

test("a base given in seconds has no interval, and neither has the ratio to it", (t) => {
  const metrics = computeMetrics([nodeRecord({ seconds: sixRounds })], { mode: "given", seconds: 1 }, null);
  t.is(metrics.tSingleCI95, null);
  t.is(metrics.throughputSpeedupCI95, null);
  t.deepEqual(metrics.tSlowestCI95, [1, 1.5]);
});

test("five rounds give no interval", (t) => {
  const five = sixRounds.slice(1);
  const metrics = computeMetrics([nodeRecord({ seconds: five })], baselineRecord(five), null);
  t.is(metrics.tSingleCI95, null);
  t.is(metrics.tParallelCI95, null);
  t.is(metrics.tSlowestCI95, null);
  t.is(metrics.throughputSpeedupCI95, null);
});

test("without a timeline what rests on the overhead is unknown", (t) => {
  const metrics = computeMetrics(tutorial, { mode: "given", seconds: 9 }, null);
  t.is(metrics.elapsed, null);
  t.is(metrics.overhead, null);
  t.is(metrics.endToEndSpeedup, null);
  t.is(metrics.breakEvenSeconds, null);
});

test("overhead counts in the end-to-end speed-up and the break-even", (t) => {
  // Two workers take 2 s where the single machine takes 4 s: speed-up 2·4/2 = 4. Ended at 8 s, of which 2 s were the round: O = 6.
  const nodes = [0, 1].map((index) => nodeRecord({ index, started: 6, seconds: [2] }));
  const metrics = computeMetrics(nodes, { mode: "given", seconds: 4 }, { created: 0, pods: [] });
  t.is(metrics.elapsed, 8);
  t.is(metrics.overhead, 6);
  // 2·4/(2 + 6)
  t.is(metrics.endToEndSpeedup, 1);
  // 6/(1 − 1/4): alone 8 s, the cluster 6 + 8/4
  t.is(metrics.breakEvenSeconds, 8);
});

test("no record at all is refused", (t) => {
  t.throws(() => computeMetrics([], { mode: "given", seconds: 1 }, null), { message: /no worker's record/ });
});

test("a round of no length is refused with its worker and its number", (t) => {
  const nodes = [nodeRecord({ index: 2, seconds: [1, 0] })];
  t.throws(() => computeMetrics(nodes, { mode: "given", seconds: 1 }, null), {
    message: /^worker pi-2, round 2: took 0 s/,
  });
});

test("a base of 0 s is refused", (t) => {
  t.throws(() => computeMetrics(tutorial, { mode: "given", seconds: 0 }, null), {
    message: /^the baseline given: took 0 s/,
  });
});

// Laws, for whatever a run may look like.

interface AnyRun {
  nodes: NodeRecord[];
  single: BaselineRecord;
  timeline: Timeline;
}

const time = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
const rounds = fc.array(time, { minLength: 1, maxLength: 12 });
const worker = fc.record({ seconds: rounds, started: time, warmUp: time, farewell: time });
const pod = fc.record({
  scheduled: fc.option(fc.integer({ min: 0, max: 1000 })),
  pull: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
});

const anyRun: fc.Arbitrary<AnyRun> = fc
  .record({ workers: fc.array(fc.tuple(worker, pod), { minLength: 1, maxLength: 8 }), single: rounds })
  .map(({ workers, single }) => ({
    nodes: workers.map(([times], index) => nodeRecord({ index, ...times })),
    single: baselineRecord(single),
    timeline: { created: 0, pods: workers.map(([, times], index) => podTimes({ index, ...times })) },
  }));

const of = ({ nodes, single, timeline }: AnyRun) => computeMetrics(nodes, single, timeline);
const holds = (law: fc.IRawProperty<unknown>) => () => fc.assert(law, { numRuns: 300 });
const close = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

test("the order of the records changes nothing", (t) => {
  const law = fc.property(anyRun, fc.infiniteStream(fc.nat()), (run, keys) => {
    const shuffled = run.nodes
      .map((node) => ({ node, key: keys.next().value }))
      .sort((a, b) => a.key - b.key)
      .map(({ node }) => node);
    t.deepEqual(computeMetrics(shuffled, run.single, run.timeline), of(run));
  });
  t.notThrows(holds(law));
});

test("renumbering the workers changes nothing but the last digits", (t) => {
  const law = fc.property(anyRun, (run) => {
    const last = run.nodes.length - 1;
    const renumber = <T extends { index: number }>(items: T[]) =>
      items.map((item) => ({ ...item, index: last - item.index }));
    const renumbered = of({
      ...run,
      nodes: renumber(run.nodes),
      timeline: { created: 0, pods: renumber(run.timeline.pods) },
    });
    for (const [name, value] of figuresOf(of(run))) {
      const other = figuresOf(renumbered).get(name);
      if (value === null || other === null || other === undefined) t.is(other, value, name);
      else t.true(close(value, other), name);
    }
  });
  t.notThrows(holds(law));
});

/** Every figure that is a number or null, ends of intervals and parts of the overhead included. */
function figuresOf(metrics: Metrics): Map<string, number | null> {
  const figures = new Map<string, number | null>();
  const add = (name: string, value: unknown) => {
    if (typeof value === "number" || value === null) figures.set(name, value);
    else for (const [key, inner] of Object.entries(value ?? {})) add(`${name}.${key}`, inner);
  };
  for (const [name, value] of Object.entries(metrics)) add(name, value);
  return figures;
}

test("no figure is ever NaN or infinite", (t) => {
  const law = fc.property(anyRun, (run) => {
    for (const [name, value] of figuresOf(of(run)))
      t.true(value === null || Number.isFinite(value), `${name}: ${value}`);
  });
  t.notThrows(holds(law));
});

const inSeconds = new RegExp(
  `^(${Object.entries(metricTable)
    .filter(([, { unit }]) => unit === "s")
    .map(([name]) => name)
    .join("|")})(\\.|$)`,
);

test("scaling all times scales the times and leaves the ratios", (t) => {
  // Powers of two scale without rounding, so equality is exact.
  const factors = fc.constantFrom(0.125, 0.5, 2, 64);
  const law = fc.property(anyRun, factors, (run, factor) => {
    const scaled = figuresOf(of(scale(run, factor)));
    for (const [name, value] of figuresOf(of(run))) {
      const expected = value !== null && inSeconds.test(name) ? value * factor : value;
      t.is(scaled.get(name), expected, name);
    }
  });
  t.notThrows(holds(law));
});

function scale({ nodes, single, timeline }: AnyRun, factor: number): AnyRun {
  const times = <T extends NodeRecord | BaselineRecord>(record: T): T => ({
    ...record,
    seconds: record.seconds * factor,
    warmUp: record.warmUp * factor,
    started: record.started * factor,
    ended: record.ended * factor,
    rounds: record.rounds.map((round) => ({
      ...round,
      start: round.start * factor,
      end: round.end * factor,
      seconds: round.seconds * factor,
    })),
  });
  const scaled = (value: number | null) => (value === null ? null : value * factor);
  return {
    nodes: nodes.map(times),
    single: times(single),
    timeline: {
      created: timeline.created * factor,
      pods: timeline.pods.map((pod) => ({ ...pod, scheduled: scaled(pod.scheduled), pull: scaled(pod.pull) })),
    },
  };
}

test("one worker: mean, slowest and their intervals are the same, and there is no serial fraction", (t) => {
  const law = fc.property(rounds, rounds, (seconds, single) => {
    const metrics = computeMetrics([nodeRecord({ seconds })], baselineRecord(single), null);
    t.is(metrics.tParallel, metrics.tSlowest);
    t.is(metrics.speedup, metrics.throughputSpeedup);
    t.is(metrics.balancedSpeedup, metrics.throughputSpeedup);
    t.deepEqual(metrics.tParallelCI95, metrics.tSlowestCI95);
    t.is(metrics.imbalance, 0);
    t.is(metrics.concurrency, 1);
    t.is(metrics.karpFlatt, null);
  });
  t.notThrows(holds(law));
});

test("workers like the single machine: N times its throughput, nothing serial, nothing unbalanced", (t) => {
  const law = fc.property(rounds, fc.integer({ min: 2, max: 20 }), (seconds, workers) => {
    const nodes = Array.from({ length: workers }, (_, index) => nodeRecord({ index, seconds }));
    const metrics = computeMetrics(nodes, baselineRecord(seconds), null);
    t.true(close(metrics.throughputSpeedup, workers));
    t.true(close(metrics.throughputEfficiency, 1));
    t.true(close(metrics.balancedSpeedup, workers));
    t.true(close(metrics.speedup, 1));
    t.true(close(metrics.imbalance, 0));
    t.true(close(metrics.karpFlatt ?? Number.NaN, 0));
  });
  t.notThrows(holds(law));
});

test("equal parts never beat parts by speed", (t) => {
  const law = fc.property(anyRun, (run) => {
    const { throughputSpeedup, balancedSpeedup } = of(run);
    t.true(throughputSpeedup <= balancedSpeedup * (1 + 1e-12));
  });
  t.notThrows(holds(law));
});

test("the known parts of the overhead add up to it", (t) => {
  const law = fc.property(anyRun, (run) => {
    const { overhead, overheadParts } = of(run);
    const { scheduling, start, other } = overheadParts;
    if (overhead === null) t.deepEqual(overheadParts, { scheduling: null, start: null, other: null });
    else t.true(close((scheduling ?? 0) + (start ?? 0) + (other ?? Number.NaN), overhead));
  });
  t.notThrows(holds(law));
});

test("the break-even job takes the single machine and the cluster equally long", (t) => {
  const law = fc.property(anyRun, (run) => {
    const { overhead, throughputSpeedup, breakEvenSeconds } = of(run);
    if (overhead === null || throughputSpeedup <= 1) t.is(breakEvenSeconds, null);
    else t.true(close(breakEvenSeconds ?? Number.NaN, overhead + (breakEvenSeconds ?? Number.NaN) / throughputSpeedup));
  });
  t.notThrows(holds(law));
});

test("every figure is what its row of the table says, null only where that allows it", (t) => {
  const law = fc.property(anyRun, (run) => {
    t.deepEqual(v.parse(metricsSchema, JSON.parse(JSON.stringify(of(run)))), JSON.parse(JSON.stringify(of(run))));
  });
  t.notThrows(holds(law));
});

test("the figures come in the order of the table", (t) => {
  t.deepEqual(Object.keys(computeMetrics(tutorial, { mode: "given", seconds: 1 }, null)), Object.keys(metricTable));
});
