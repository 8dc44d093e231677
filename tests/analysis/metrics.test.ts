import test from "ava";
import fc from "fast-check";
import * as v from "valibot";
import { computeMetrics, type Metrics, metricsSchema, metricTable } from "../../analysis/metrics.ts";
import type { BaselineRecord, NodeRecord, Timeline } from "../../analysis/records.ts";
import { baselineRecord, nodeRecord, podTimes, timelineOf } from "../helpers/example-records.ts";

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

test("a worker's time is the mean of its timed rounds, the warm-up left out", (t) => {
  const nodes = [
    nodeRecord({ index: 0, warmUp: 50, seconds: [4, 9, 5] }),
    nodeRecord({ index: 1, warmUp: 50, seconds: [7, 1, 8, 9] }),
  ];
  // Means 6 and 6.25
  const { tParallel, tSlowest } = computeMetrics(nodes, { mode: "given", seconds: 1 }, null);
  t.is(tParallel, 6.125);
  t.is(tSlowest, 6.25);
});

test("only rounds that all workers share count", (t) => {
  // Together from 2 to 6: of the first 2–4 and 4–6, of the second 2–4 and 4–6; its last, alone, was faster.
  const nodes = [
    nodeRecord({ index: 0, seconds: [2, 2, 2] }),
    nodeRecord({ index: 1, started: 2, seconds: [2, 2, 1] }),
  ];
  t.is(computeMetrics(nodes, { mode: "given", seconds: 1 }, timelineOf([9, 9])).tParallel, 2);
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

test("six rounds give all intervals", (t) => {
  const nodes = [nodeRecord({ started: 0, seconds: sixRounds })];
  const metrics = computeMetrics(nodes, baselineRecord(sixRounds), timelineOf([9]));
  // Mean 1.25, s² = 2·(0.0625 + 0.0225 + 0.0025)/5 = 0.035, ± 2.570582·√(0.035/6)
  for (const name of ["tSingleCI95", "tParallelCI95", "tSlowestCI95"] as const) {
    const [low, high] = metrics[name] ?? [0, 0];
    t.true(Math.abs(low - 1.053_67) < 1e-5 && Math.abs(high - 1.446_33) < 1e-5, name);
  }
  const [low, high] = metrics.throughputSpeedupCI95 ?? [1, 1];
  t.true(low < 1 && 1 < high);
  t.is(metrics.precision, (high - low) / 2);
});

test("a base given in seconds is exact: the speed-up is as uncertain as the slowest worker", (t) => {
  const metrics = computeMetrics([nodeRecord({ seconds: sixRounds })], { mode: "given", seconds: 1 }, null);
  t.is(metrics.tSingleCI95, null);
  const [low, high] = metrics.tSlowestCI95 ?? [0, 0];
  const [slow, fast] = metrics.throughputSpeedupCI95 ?? [0, 0];
  t.true(close(slow, 1 / high) && close(fast, 1 / low));
});

test("two rounds give no interval", (t) => {
  const two = sixRounds.slice(4);
  const metrics = computeMetrics([nodeRecord({ seconds: two })], baselineRecord(two), null);
  t.is(metrics.tSingleCI95, null);
  t.is(metrics.tParallelCI95, null);
  t.is(metrics.tSlowestCI95, null);
  t.is(metrics.throughputSpeedupCI95, null);
  t.is(metrics.precision, null);
});

/** Three workers on the single machine's two cores, three rounds each of about these lengths. */
const onTwoCores = (single: number, worker: number) => {
  const host = <T extends NodeRecord | BaselineRecord>(record: T): T => ({
    ...record,
    cores: 2,
    machine: { ...record.machine, bootId: "a" },
  });
  const around = (seconds: number) => [0.9, 1, 1.1].map((factor) => seconds * factor);
  const nodes = [0, 1, 2].map((index) => host(nodeRecord({ index, seconds: around(worker) })));
  return computeMetrics(nodes, host(baselineRecord(around(single))), timelineOf([9, 9, 9]));
};

test("the speed-up's interval ends at what the hosts' cores allow, the precision is that of the whole interval", (t) => {
  const metrics = onTwoCores(1, 1.5);
  t.is(metrics.throughputSpeedupBound, 2);
  t.is(metrics.throughputSpeedupCI95?.[1], 2);
  t.true((metrics.precision ?? 0) > 0.1);
  t.true(close(metrics.throughputSpeedup, 2));
});

test("an impossible interval stays, so that it can be doubted", (t) => {
  const [low = 0, high = 0] = onTwoCores(10, 1.5).throughputSpeedupCI95 ?? [];
  t.true(low > 2);
  t.true(high > low);
});

test("the serial fraction is only defined if the single machine is a worker and no computers are shared", (t) => {
  const nodes = [0, 1].map((index) => nodeRecord({ index, seconds: [1] }));
  const single = { ...baselineRecord([1]), mode: "worker:pi-0" };
  t.is(computeMetrics(nodes, single, null).karpFlatt, 0);
  t.is(computeMetrics(nodes, baselineRecord([1]), null).karpFlatt, null);
  const shared = nodes.map((node) => ({ ...node, machine: { ...node.machine, bootId: "a" } }));
  t.is(computeMetrics(shared, single, null).karpFlatt, null);
});

test("without a timeline everything derived from the overhead is unknown", (t) => {
  const metrics = computeMetrics(tutorial, { mode: "given", seconds: 9 }, null);
  t.is(metrics.elapsed, null);
  t.is(metrics.overhead, null);
  t.is(metrics.endToEndSpeedup, null);
  t.is(metrics.breakEvenSeconds, null);
});

test("both sides' start counts in the end-to-end speed-up, with a job divided, and in the break-even", (t) => {
  // Two workers take 2 s where the single machine takes 4 s: speed-up 2·4/2 = 4. Read after 8 s: O_i = 6. O_S = 1.
  const nodes = [0, 1].map((index) => nodeRecord({ index, seconds: [2, 2, 2] }));
  const single = { ...baselineRecord([4, 4, 4]), overhead: 1 };
  const metrics = computeMetrics(nodes, single, timelineOf([12, 12]));
  t.is(metrics.elapsed, 12);
  t.is(metrics.overhead, 6);
  // (1 + 2·4)/(6 + 2), (1 + 4)/(6 + 1)
  t.is(metrics.endToEndSpeedup, 9 / 8);
  t.is(metrics.fixedSizeSpeedup, 5 / 7);
  // (6 − 1)/(1 − 1/4): alone 1 + 6.67, the cluster 6 + 1.67. Rounds that do not vary leave no doubt.
  t.is(metrics.breakEvenSeconds, 20 / 3);
  t.deepEqual(metrics.breakEvenCI95, [20 / 3, 20 / 3]);
  t.deepEqual(metrics.endToEndSpeedupCI95, [9 / 8, 9 / 8]);
});

test("a speed-up that may be below 1 has no break-even, and bounds it on one side only", (t) => {
  const nodes = [nodeRecord({ index: 0, seconds: [0.8, 0.9, 1] }), nodeRecord({ index: 1, seconds: [0.8, 0.9, 1] })];
  const metrics = computeMetrics(nodes, { mode: "given", seconds: 0.5 }, timelineOf([5, 5]));
  const [low, high] = metrics.throughputSpeedupCI95 ?? [0, 0];
  t.true(low < 1 && 1 < high);
  t.is(metrics.breakEvenSeconds, null);
  t.is(metrics.breakEvenCI95?.[1], null);
  t.true((metrics.breakEvenCI95?.[0] ?? 0) > 0);
});

test("a speed-up surely below 1 has no break-even at all", (t) => {
  const nodes = [nodeRecord({ seconds: [2, 2, 2] })];
  const metrics = computeMetrics(nodes, { mode: "given", seconds: 1 }, timelineOf([9]));
  t.is(metrics.breakEvenSeconds, null);
  t.is(metrics.breakEvenCI95, null);
});

test("the makespan speed-up counts from the first round's start to the last one's end, by clocks set right", (t) => {
  // 2 rounds·2 workers·1 s in 0–5, the second node's clock being 100 s ahead.
  const nodes = [nodeRecord({ index: 0, seconds: [2, 2] }), nodeRecord({ index: 1, started: 101, seconds: [2, 2] })];
  const pods = [podTimes({ index: 0 }), podTimes({ index: 1, clockShift: -100 })];
  t.is(computeMetrics(nodes, { mode: "given", seconds: 1 }, { released: 0, pods }).makespanSpeedup, 4 / 5);
  t.is(computeMetrics(nodes, { mode: "given", seconds: 1 }, null).makespanSpeedup, null);
});

test("no record at all is refused", (t) => {
  t.throws(() => computeMetrics([], { mode: "given", seconds: 1 }, null), { message: /no worker's record/ });
});

test("a round of 0 s is refused with its worker and its number", (t) => {
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

// Multiples of a 64th: sums are exact, and no stamp lies within the window's slack of another by chance.
const time = fc.integer({ min: 1, max: 64_000 }).map((ticks) => ticks / 64);
const rounds = fc.array(time, { minLength: 1, maxLength: 12 });
const worker = fc.record({ seconds: rounds, started: time, warmUp: time, coolDown: time, farewell: time });
const pod = fc.record({
  scheduled: fc.option(time),
  started: fc.option(time),
  pull: fc.option(time),
  // Some in the same moment.
  read: fc.option(
    fc.oneof(
      fc.constant(10 ** 6),
      fc.integer({ min: 0, max: 10 ** 8 }).map((ticks) => ticks / 64),
    ),
  ),
  clockShift: fc.option(
    fc.integer({ min: -64_000, max: 64_000 }).map((ticks) => ticks / 64),
    { freq: 20 },
  ),
});

const anyRun: fc.Arbitrary<AnyRun> = fc
  .record({ workers: fc.array(fc.tuple(worker, pod), { minLength: 1, maxLength: 8 }), single: rounds, start: time })
  .map(({ workers, single, start }) => ({
    nodes: workers.map(([times], index) => nodeRecord({ index, ...times })),
    single: { ...baselineRecord(single), overhead: start },
    timeline: { released: 0, pods: workers.map(([, times], index) => podTimes({ index, ...times })) },
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
      timeline: { released: 0, pods: renumber(run.timeline.pods) },
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
  const factors = fc.constantFrom(0.5, 2, 64);
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
    coolDown: record.coolDown * factor,
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
    single: { ...times(single), overhead: scaled(single.overhead) },
    timeline: {
      released: scaled(timeline.released),
      pods: timeline.pods.map((pod) => ({
        ...pod,
        scheduled: scaled(pod.scheduled),
        started: scaled(pod.started),
        pull: scaled(pod.pull),
        read: scaled(pod.read),
        clockShift: scaled(pod.clockShift),
      })),
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

test("workers like the single machine: N times its throughput, nothing unbalanced", (t) => {
  const law = fc.property(rounds, fc.integer({ min: 2, max: 20 }), (seconds, workers) => {
    const nodes = Array.from({ length: workers }, (_, index) => nodeRecord({ index, seconds }));
    const metrics = computeMetrics(nodes, baselineRecord(seconds), null);
    t.true(close(metrics.throughputSpeedup, workers));
    t.true(close(metrics.throughputEfficiency, 1));
    t.true(close(metrics.balancedSpeedup, workers));
    t.true(close(metrics.speedup, 1));
    t.true(close(metrics.imbalance, 0));
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

test("where there is a break-even, one round gains exactly when the single machine's work is as long", (t) => {
  let seen = 0;
  const law = fc.property(anyRun, (run) => {
    const { breakEvenSeconds, endToEndSpeedup, tSequential } = of(run);
    if (breakEvenSeconds === null) return;
    seen++;
    // But where the two are the same to the last digits.
    if (close(tSequential, breakEvenSeconds) || close(endToEndSpeedup ?? 1, 1)) return;
    t.is((endToEndSpeedup ?? Number.NaN) >= 1, tSequential >= breakEvenSeconds);
  });
  fc.assert(law, { numRuns: 3_000 });
  t.true(seen > 30, `${seen} runs had one`);
});

test("every figure lies in its interval, but where the hosts' cores cut that", (t) => {
  const law = fc.property(anyRun, (run) => {
    const metrics = of(run);
    for (const [name, interval] of [
      ["tSingle", metrics.tSingleCI95],
      ["tParallel", metrics.tParallelCI95],
      ["tSlowest", metrics.tSlowestCI95],
      ["throughputSpeedup", metrics.throughputSpeedupCI95],
      ["endToEndSpeedup", metrics.endToEndSpeedupCI95],
      ["fixedSizeSpeedup", metrics.fixedSizeSpeedupCI95],
      ["breakEvenSeconds", metrics.breakEvenCI95],
    ] as const) {
      const value = metrics[name];
      if (interval === null || value === null) continue;
      t.true(interval[0] <= value * (1 + 1e-9), `${name}: ${interval}, ${value}`);
      t.true((interval[1] ?? Number.POSITIVE_INFINITY) >= value * (1 - 1e-9), `${name}: ${interval}, ${value}`);
    }
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
