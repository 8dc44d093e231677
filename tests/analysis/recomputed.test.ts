// Compares the program's figures with a second calculation, for runs of any kind. The e2e tests compare those of real
// runs.
import test from "ava";
import fc from "fast-check";
import { computeMetrics } from "../../analysis/metrics.ts";
import type { BaselineRecord, NodeRecord } from "../../analysis/records.ts";
import { baselineRecord, nodeRecord, podTimes } from "../helpers/example-records.ts";
import { disagreements, type Recorded } from "../helpers/recomputed-metrics.ts";

// Whole milliseconds that are multiples of 8, so that no stamp lies at the edge of the window's 5 ms by rounding.
const time = fc.integer({ min: 1, max: 2_000 }).map((ticks) => (8 * ticks) / 1_000);
const worker = fc.record({
  seconds: fc.array(time, { minLength: 1, maxLength: 8 }),
  started: time,
  warmUp: time,
  coolDown: time,
  farewell: time,
});
const pod = fc.record({
  pull: fc.option(time, { freq: 20 }),
  read: fc.option(
    fc.integer({ min: 0, max: 20_000 }).map((ticks) => (8 * ticks) / 1_000),
    { freq: 20 },
  ),
  clockShift: fc.option(fc.constantFrom(0, 0, 0.8, -8), { freq: 20 }),
});
const bootId = fc.constantFrom("a", "b", null);
const onHost = <T extends NodeRecord | BaselineRecord>(record: T, host: string | null, cores: number): T => ({
  ...record,
  cores,
  machine: { ...record.machine, bootId: host },
});

const anyRun: fc.Arbitrary<Recorded> = fc
  .record({
    workers: fc.array(fc.tuple(worker, pod, bootId), { minLength: 1, maxLength: 8 }),
    single: fc.array(time, { minLength: 1, maxLength: 12 }),
    singleHost: bootId,
    start: fc.option(time, { freq: 10 }),
    mode: fc.constantFrom("docker", "worker:pi-0", "given"),
    cores: fc.constantFrom(1, 2, 4),
  })
  .map(({ workers, single, singleHost, start, mode, cores }) => ({
    nodes: workers.map(([times, , host], index) =>
      onHost(nodeRecord({ index, ...times, started: 1_700_000_000 + times.started }), host, cores),
    ),
    baseline:
      mode === "given"
        ? { mode, seconds: single[0] ?? 1 }
        : { ...onHost(baselineRecord(single), singleHost, cores), mode, overhead: start },
    timeline: {
      released: 1_700_000_000,
      pods: workers.map(([, times], index) => podTimes({ index, ...times })),
    },
  }));

test("the program's figures and those of the second calculation agree for runs of any kind", (t) => {
  const law = fc.property(anyRun, (run) => {
    t.deepEqual(disagreements(run, computeMetrics(run.nodes, run.baseline, run.timeline)), []);
  });
  t.notThrows(() => fc.assert(law, { numRuns: 200 }));
});

test("they agree for rounds of milliseconds, whose stamps are as fine as a clock gives them", (t) => {
  // About 8 ms, so that no round lies at the edge of the window's 5 ms, and on no grid.
  const about = fc.integer({ min: -20_000, max: 20_000 }).map((nanoseconds) => 0.008 + nanoseconds * 1e-9);
  const short = fc.record({
    seconds: fc.array(about, { minLength: 6, maxLength: 6 }),
    turn: fc.integer({ min: 0, max: 4 }),
    late: about,
    warmUp: about,
    coolDown: about,
  });
  const law = fc.property(fc.array(short, { minLength: 2, maxLength: 4 }), (workers) => {
    const nodes = workers.map(({ turn, late, ...times }, index) =>
      nodeRecord({ index, ...times, started: 1_764_000_003.25 + turn * 0.008 + late }),
    );
    const timeline = {
      released: 1_764_000_000,
      pods: nodes.map(({ index }) => podTimes({ index, read: 5, clockShift: 0 })),
    };
    const baseline = baselineRecord([1, 1.1, 1.2]);
    t.deepEqual(disagreements({ nodes, baseline, timeline }, computeMetrics(nodes, baseline, timeline)), []);
  });
  t.notThrows(() => fc.assert(law, { numRuns: 300 }));
});

test("a wrong figure is detected", (t) => {
  const run: Recorded = {
    nodes: [nodeRecord({ seconds: [1, 1.1, 1.2], started: 1_700_000_000 })],
    baseline: baselineRecord([1, 1.1, 1.2]),
    timeline: { released: 1_700_000_000, pods: [podTimes({ read: 5 })] },
  };
  const metrics = computeMetrics(run.nodes, run.baseline, run.timeline);
  t.deepEqual(disagreements(run, metrics), []);
  t.is(disagreements(run, { ...metrics, tSlowest: metrics.tSlowest * 1.001 }).length, 1);
  t.is(disagreements(run, { ...metrics, overhead: null }).length, 1);
  t.is(disagreements(run, { ...metrics, precision: 0.5 }).length, 1);
  // Neither around S nor as wide as the precision says.
  t.is(disagreements(run, { ...metrics, throughputSpeedupCI95: [2, 3] }).length, 2);
});
