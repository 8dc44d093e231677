import test from "ava";
import * as v from "valibot";
import { baselineRecordSchema, isMeasured, type Run } from "../../analysis/records.ts";
import { type HalfRecord, halfOfWorker, halfSchema, joinHalves, roundsOfHalf } from "../../analysis/single-machine.ts";
import { nodeRecord, podTimes, runRecord } from "../helpers/example-records.ts";

const split: [rounds: number, before: [first: number, count: number], after: [first: number, count: number]][] = [
  [1, [0, 1], [1, 0]],
  [2, [0, 1], [1, 1]],
  [3, [0, 2], [2, 1]],
  [6, [0, 3], [3, 3]],
  [7, [0, 4], [4, 3]],
];
for (const [rounds, before, after] of split) {
  test(`of ${rounds} rounds ${before[1]} come before the Job and ${after[1]} after it`, (t) => {
    t.deepEqual(roundsOfHalf(rounds, "before"), { first: before[0], count: before[1] });
    t.deepEqual(roundsOfHalf(rounds, "after"), { first: after[0], count: after[1] });
  });
}

/** A half as measured in Docker, but for what is given. */
const half = (given: Partial<HalfRecord>, times: Parameters<typeof runRecord>[0]): HalfRecord => ({
  mode: "docker",
  elapsed: null,
  digest: "sha256:a",
  ...runRecord(times),
  ...given,
});
// Warm-up 0.5 s, two rounds, cool-down 0.6 s in 6 s: 0.9 s of overhead. Then one round in 4.8 s: 0.5 s.
const before = half({ elapsed: 6 }, { seconds: [1.5, 2.5], started: 100, warmUp: 0.5, coolDown: 0.6 });
const after = half({ elapsed: 4.8 }, { seconds: [3.5], started: 200, warmUp: 0.3, coolDown: 0.5 });

/** The record of two halves. */
function joined(first: HalfRecord, second: HalfRecord | null) {
  const record = joinHalves(first, second);
  if (!isMeasured(record)) throw new Error("measured halves make a measured record");
  return record;
}
/** A half whose machine differs in what is given. */
const on = (run: HalfRecord, machine: Partial<Run["machine"]>): HalfRecord => ({
  ...run,
  machine: { ...run.machine, ...machine },
});

test("the rounds are those of the first half and then those of the second, each with its part", (t) => {
  t.deepEqual(
    joined(before, after).rounds.map(({ part, seconds }) => [part, seconds]),
    [
      ["before", 1.5],
      ["before", 2.5],
      ["after", 3.5],
    ],
  );
});

test("T_S is the mean of all rounds, not that of the halves' means", (t) => {
  t.is(joined(before, after).seconds, 2.5);
});

test("samples, points inside, warm-up, cool-down and duration are sums", (t) => {
  const { samples, inside, warmUp, coolDown, elapsed } = joined(before, after);
  t.deepEqual([samples, inside, warmUp], [3_000_000, 3 * 785_398, 0.8]);
  t.is(coolDown, 1.1);
  t.is(elapsed, 10.8);
});

test("π is that of all points", (t) => {
  const uneven = joined(before, { ...after, inside: 700_000 });
  t.is(uneven.pi, (4 * (2 * 785_398 + 700_000)) / 3_000_000);
});

test("the overhead is the mean of the halves' own: (0.9 s + 0.5 s)/2", (t) => {
  t.true(Math.abs((joined(before, after).overhead ?? Number.NaN) - 0.7) < 1e-12);
});

test("the record begins with the first half and ends with the second, and holds the times of both", (t) => {
  const { started, ended, parts } = joined(before, after);
  t.deepEqual([started, ended], [before.started, after.ended]);
  t.deepEqual(parts, [
    { part: "before", started: 100, ended: before.ended, warmUp: 0.5, coolDown: 0.6, elapsed: 6 },
    { part: "after", started: 200, ended: after.ended, warmUp: 0.3, coolDown: 0.5, elapsed: 4.8 },
  ]);
});

test("with one round the record is that of the first half", (t) => {
  const only = half({ elapsed: 2 }, { seconds: [1.5], started: 100 });
  const record = joined(only, null);
  t.deepEqual(
    record.rounds.map(({ part }) => part),
    ["before"],
  );
  t.deepEqual([record.elapsed, record.overhead, record.seconds, record.parts.length], [2, 0.5, 1.5, 1]);
  t.deepEqual(record.machine, only.machine);
});

test("a joined record is what the stack's state may hold", (t) => {
  t.deepEqual(v.parse(baselineRecordSchema, joined(before, after)), joined(before, after));
});

const unknown: [what: string, first: number | null, second: number | null][] = [
  ["the first half", null, 4.8],
  ["the second half", 6, null],
];
for (const [what, first, second] of unknown) {
  test(`if the duration of ${what} is unknown, so are duration and overhead of both`, (t) => {
    const { elapsed, overhead, parts } = joined({ ...before, elapsed: first }, { ...after, elapsed: second });
    t.is(elapsed, null);
    t.is(overhead, null);
    t.deepEqual(
      parts.map((part) => part.elapsed),
      [first, second],
    );
  });
}

test("a half that took less than its rounds leaves no overhead", (t) => {
  t.is(joined(before, { ...after, elapsed: 4 }).overhead, null);
});

test("the processor time between before and after is that of both halves, without what lay between them", (t) => {
  const used = (from: number, to: number) => ({
    before: { ...before.machine.before, cpuTime: from, throttled: from },
    after: { ...before.machine.after, cpuTime: to, throttled: to },
  });
  const { machine } = joined(on(before, used(1, 5)), on(after, used(10, 13)));
  t.is(machine.after.cpuTime - machine.before.cpuTime, 4 + 3);
  t.is((machine.after.throttled ?? Number.NaN) - (machine.before.throttled ?? Number.NaN), 4 + 3);
});

test("memory is that before the first half and that after the second", (t) => {
  const memory = (free: number) => ({ ...before.machine.before, memoryAvailable: free, swapUsed: free });
  const { machine } = joined(
    on(before, { before: memory(4), after: memory(3) }),
    on(after, { before: memory(2), after: memory(1) }),
  );
  t.deepEqual([machine.before.memoryAvailable, machine.after.memoryAvailable], [4, 1]);
  t.deepEqual([machine.before.swapUsed, machine.after.swapUsed], [4, 1]);
});

test("a longer half counts for more of the time that was stolen: (10 s · 10 % + 30 s · 2 %)/40 s = 4 %", (t) => {
  const long = (run: HalfRecord, span: number, stolen: number | null) => ({
    ...on(run, { stolen }),
    ended: run.started + span,
  });
  t.is(joined(long(before, 10, 0.1), long(after, 30, 0.02)).machine.stolen, 0.04);
  t.is(joined(long(before, 10, 0.1), long(after, 30, null)).machine.stolen, null);
  t.is(joined(long(before, 0, 0.1), long(after, -1, 0.02)).machine.stolen, 0.1);
});

type Health = Run["machine"]["health"];
const healths: [what: string, first: Partial<Health>, second: Partial<Health>, expected: Partial<Health>][] = [
  ["the hotter half", { temperature: 60 }, { temperature: 81 }, { temperature: 81 }],
  ["the half that has a temperature", { temperature: null }, { temperature: 55 }, { temperature: 55 }],
  [
    "no half where none knows",
    { temperature: null, capped: null },
    { temperature: null, capped: null },
    { capped: null },
  ],
  ["a half whose voltage fell", { underVoltage: true }, { underVoltage: false }, { underVoltage: true }],
  ["a half that was capped", { capped: null }, { capped: true }, { capped: true }],
  ["no half where neither was capped", { capped: false }, { capped: null }, { capped: false }],
];
for (const [what, first, second, expected] of healths) {
  test(`health is that of ${what}`, (t) => {
    const { health } = before.machine;
    const { machine } = joined(
      on(before, { health: { ...health, ...first } }),
      on(after, { health: { ...health, ...second } }),
    );
    t.like(machine.health, expected);
  });
}

test("a machine that was started again between the halves has no boot id: no host is taken for it", (t) => {
  t.is(joined(on(before, { bootId: "a" }), on(after, { bootId: "a" })).machine.bootId, "a");
  t.is(joined(on(before, { bootId: "a" }), on(after, { bootId: "b" })).machine.bootId, null);
});

test("a digest that differs between the halves is null", (t) => {
  t.is(joined(before, after).digest, "sha256:a");
  t.is(joined(before, { ...after, digest: "sha256:b" }).digest, null);
});

test("the seed is the owner's, or both that were drawn", (t) => {
  t.is(joined({ ...before, seed: "mine" }, { ...after, seed: "mine" }).seed, "mine");
  t.is(joined({ ...before, seed: "01" }, { ...after, seed: "02" }).seed, "01 02");
});

test("fewer cores in one half are the cores of both", (t) => {
  t.is(joined(before, { ...after, cores: 1.5 }).cores, 1.5);
});

test("seconds that were given stay as they are", (t) => {
  t.deepEqual(joinHalves({ mode: "given", seconds: 1.52 }, null), { mode: "given", seconds: 1.52 });
});

test("without a first half there is no single machine", (t) => {
  t.throws(() => joinHalves(null, after), { message: /no first half/ });
});

test("a worker's half takes from the release until its result was read, without the image's pull", (t) => {
  const worker = nodeRecord({ seconds: [1.5, 2.5], index: 0 });
  const timeline = { released: 100, pods: [podTimes({ read: 9, pull: 2 })] };
  const { node, pod: _pod, index: _index, ...run } = worker;
  const expected = { mode: `worker:${node}`, elapsed: 7, ...run };
  t.deepEqual(halfOfWorker({ nodes: [worker], timeline, logs: [] }), expected);
  t.deepEqual(v.parse(halfSchema, expected), expected);
});

const untimed: [what: string, pods: Parameters<typeof podTimes>[0][]][] = [
  ["its pull is unknown", [{ read: 9, pull: null }]],
  ["it was found finished", [{ read: null, pull: 0 }]],
  ["its pull is longer than all", [{ read: 1, pull: 2 }]],
  ["the timeline does not hold it", []],
];
for (const [what, pods] of untimed) {
  test(`how long a worker's half took is unknown where ${what}`, (t) => {
    const timeline = { released: 100, pods: pods.map(podTimes) };
    t.is(halfOfWorker({ nodes: [nodeRecord({ seconds: [1] })], timeline, logs: [] }).elapsed, null);
  });
}

test("two workers are not a single machine", (t) => {
  const nodes = [0, 1].map((index) => nodeRecord({ index, seconds: [1] }));
  t.throws(() => halfOfWorker({ nodes, timeline: { released: null, pods: [] }, logs: [] }), {
    message: /2 records were found/,
  });
});
