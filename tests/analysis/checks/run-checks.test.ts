import test from "ava";
import fc from "fast-check";
import type { Finding } from "../../../analysis/checks/finding.ts";
import { runChecks, runVerdict } from "../../../analysis/checks/run-checks.ts";
import { computeMetrics } from "../../../analysis/metrics.ts";
import type { NodeRecord, Run, SingleMachine, Timeline } from "../../../analysis/records.ts";
import { baselineRecord, nodeRecord, podTimes } from "../../helpers/example-records.ts";
import { assertFault } from "../../helpers/faults.ts";

const steady = [1, 1.01, 1, 1.02, 1.01, 1];

interface Given {
  workers?: readonly Partial<Omit<NodeRecord, "machine"> & { machine: Partial<Run["machine"]> }>[];
  baseline?: SingleMachine;
  timeline?: Timeline | null;
}

/** The notes on a run of sound workers, each on a machine of its own, changed as given. */
function notesOn({ workers = [{}, {}, {}], baseline = baselineRecord(steady), timeline = null }: Given): Finding[] {
  const nodes = workers.map(({ machine, ...changed }, index) => {
    const record = nodeRecord({ index, seconds: steady });
    return { ...record, ...changed, machine: { ...record.machine, bootId: `boot-${index}`, ...machine } };
  });
  return runChecks({ nodes, baseline, metrics: computeMetrics(nodes, baseline, timeline), timeline });
}
const found = (given: Given) => notesOn(given).map(({ check }) => check);

const timed = (seconds: readonly number[]) => {
  const { rounds, seconds: median, started, ended, machine } = nodeRecord({ seconds });
  const { before, after } = machine;
  return { rounds, seconds: median, started, ended, machine: { before, after } };
};
const { before, after } = nodeRecord({ seconds: steady }).machine;
const span = 6.04;
const python = (version: string) => ({ ...baselineRecord(steady), python: version });
const pod = (times: Parameters<typeof podTimes>[0]) => ({ created: 0, pods: [podTimes(times)] });

test("equal workers on machines of their own give nothing to say, and a good run", (t) => {
  const notes = notesOn({});
  t.deepEqual(notes, []);
  t.is(runVerdict(notes), "The run is good.");
});

const cases: [title: string, check: string, strikes: Given, doesNot: Given][] = [
  [
    "workers on one computer",
    "shared host",
    { workers: [{ machine: { bootId: "a" } }, { machine: { bootId: "a" } }] },
    { workers: [{ machine: { bootId: null } }, { machine: { bootId: null } }] },
  ],
  [
    "a base of another kind",
    "base unlike the workers",
    { baseline: { ...baselineRecord(steady), machine: { ...baselineRecord(steady).machine, cpu: "Apple M3" } } },
    {},
  ],
  ["seconds given", "base given", { baseline: { mode: "given", seconds: 1.5 } }, {}],
  ["another Python", "different Pythons", { baseline: python("3.13.1") }, { baseline: python("3.9.25") }],
  [
    "another number of processes",
    "different numbers of processes",
    { workers: [{ processes: 2, machine: { after: { ...after, cpuTime: 2 * span } } }] },
    { workers: [{ processes: 1 }] },
  ],
  [
    "a slow worker whose interval is apart",
    "workers of different speed",
    { workers: [{}, timed([1.3, 1.31, 1.3, 1.32, 1.31, 1.3])] },
    { workers: [{}, timed([1, 1.02, 1.01, 1.03, 1, 1.02])] },
  ],
  [
    "rounds that grow by 10 %",
    "rounds get slower",
    { workers: [timed([1, 1.02, 1.04, 1.06, 1.08, 1.1])] },
    { workers: [timed([1, 1.002, 1.004, 1.006, 1.008, 1.01])] },
  ],
  [
    "rounds that differ by 60 %",
    "rounds scatter",
    { workers: [timed([1, 1.6, 1, 1.1, 1, 1])] },
    { workers: [timed([1, 1.4, 1, 1.1, 1, 1])] },
  ],
  [
    "a pod that came when the other had half done",
    "pods not together",
    { workers: [{}, late(3)] },
    { workers: [{}, late(0.5)] },
  ],
  // 24 M throws: a standard error is 0.000335, so five of them are 0.0017.
  ["a π five standard errors off", "π is off", { workers: [inside(0.00042)] }, { workers: [inside(0.00025)] }],
  [
    "a clock that is behind by 5 s",
    "clocks differ",
    { workers: [{}], timeline: pod({ scheduled: 5 }) },
    { workers: [{}], timeline: pod({ scheduled: 1 }) },
  ],
  [
    "a clock that is ahead by 3 s",
    "clocks differ",
    { workers: [{}], timeline: pod({ finished: 2 }) },
    { workers: [{}], timeline: pod({ finished: 5 }) },
  ],
  [
    "half of the processor time",
    "busy or held back",
    { workers: [{ machine: { after: { ...after, cpuTime: span / 2 } } }] },
    { workers: [{ machine: { after: { ...after, cpuTime: 0.9 * span } } }] },
  ],
  [
    "a load of more than the machine's cores before the run",
    "busy before the run",
    { workers: [{ machine: { before: { ...before, load: 5.5 } } }] },
    { workers: [{ machine: { before: { ...before, load: 1 } } }] },
  ],
  [
    "pressure on the processors before the run",
    "busy before the run",
    { workers: [{ machine: { before: { ...before, cpuPressure: 35 } } }] },
    { workers: [0, 1].map(() => ({ machine: { bootId: "a", before: { ...before, cpuPressure: 35 } } })) },
  ],
  [
    "no memory left",
    "short of memory",
    { workers: [{ machine: { after: { ...after, memoryAvailable: 20 * 2 ** 20 } } }] },
    { workers: [{ machine: { after: { ...after, memoryAvailable: 200 * 2 ** 20 } } }] },
  ],
  [
    "swapping during the run",
    "short of memory",
    { workers: [{ machine: { after: { ...after, swapUsed: 20 * 2 ** 20 } } }] },
    {
      workers: [
        { machine: { before: { ...before, swapUsed: 2 ** 30 }, after: { ...after, swapUsed: 2 ** 30 + 2 ** 20 } } },
      ],
    },
  ],
  [
    "a quota that took a second of six",
    "throttled by a quota",
    { workers: [{ machine: { after: { ...after, throttled: 1 } } }] },
    { workers: [{ machine: { after: { ...after, throttled: 0.1 } } }] },
  ],
];
for (const [title, check, strikes, doesNot] of cases) {
  test(`${title}: «${check}» strikes, and does not for less`, (t) => {
    t.true(found(strikes).includes(check), found(strikes).join());
    t.false(found(doesNot).includes(check), found(doesNot).join());
  });
}

/** A worker whose pod began later. */
function late(by: number) {
  const { rounds, started, ended } = nodeRecord({ seconds: steady, started: by });
  return { rounds, started, ended };
}

/** A worker that counted so much more than π/4 of four million throws a round. */
function inside(share: number) {
  const samples = 24_000_000;
  return { samples, inside: Math.round(samples * (Math.PI / 4 + share)) };
}

test("three workers on two cores may have two thirds of a core each", (t) => {
  const machine = (share: number) => ({ bootId: "a", after: { ...after, cpuTime: share * span } });
  const workers = (share: number) => [0, 1, 2].map(() => ({ cores: 2, machine: machine(share) }));
  t.deepEqual(found({ workers: workers(0.62) }), ["shared host"]);
  t.true(found({ workers: workers(0.5) }).includes("busy or held back"));
});

test("the ceiling of a shared host is its cores, divided by the processes of each worker", (t) => {
  const on = (processes: number) => ({
    cores: 4,
    processes,
    machine: { bootId: "a", after: { ...after, cpuTime: processes * span } },
  });
  t.regex(notesOn({ workers: [on(1), on(1)] })[0]?.text ?? "", /never do more than 4 times what one process does/);
  t.regex(
    notesOn({ workers: [on(2), on(2), on(2)] })[0]?.text ?? "",
    /never do more than 2 times what 2 processes do there, and now 6 processes compete for them/,
  );
});

test("a patch version of Python explains, a minor one casts doubt", (t) => {
  t.like(notesOn({ baseline: python("3.9.1") })[0], { check: "different Pythons", doubtful: false });
  t.like(notesOn({ baseline: python("3.10.1") })[0], { check: "different Pythons", doubtful: true });
});

test("rounds that get slower are named with their worker, on the single machine too", (t) => {
  const rising = [1, 1.02, 1.04, 1.06, 1.08, 1.1];
  t.regex(notesOn({ baseline: baselineRecord(rising) }).at(-1)?.text ?? "", /On the single machine every round/);
});

test("clocks that differ are named with the node, and how far it is off", (t) => {
  const [note] = notesOn({ workers: [{}], timeline: pod({ scheduled: 5 }) });
  assertFault(t, "clock-skew", note?.text ?? "");
});

test("hundreds of workers with the same trouble are one note: the worst with its figure, a few by name, the rest counted", (t) => {
  const workers = Array.from({ length: 300 }, (_, i) => ({
    machine: { after: { ...after, cpuTime: i === 7 ? 1 : 2 } },
  }));
  const notes = notesOn({ workers });
  t.deepEqual(
    notes.map(({ check }) => check),
    ["busy or held back"],
  );
  t.regex(
    notes[0]?.text ?? "",
    /^On pi-7 the program had 17 % .*, and less so pi-0, pi-1, pi-10, pi-100 and 295 more: /,
  );
});

test("the verdict names each doubt once", (t) => {
  const notes = [
    { check: "a", text: "", doubtful: true },
    { check: "b", text: "", doubtful: false },
    { check: "a", text: "", doubtful: true },
    { check: "c", text: "", doubtful: true },
  ];
  t.is(runVerdict(notes), "The run is doubtful: a; c.");
});

test("the order of the workers changes nothing that is said but its order", (t) => {
  const times = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 4 }), (all) => {
      const nodes = all.map((seconds, index) => nodeRecord({ index, seconds }));
      const baseline = baselineRecord(steady);
      const checksOf = (nodes: NodeRecord[]) =>
        runChecks({ nodes, baseline, metrics: computeMetrics(nodes, baseline, null), timeline: null })
          .map(({ check, text }) => check + text)
          .sort();
      t.deepEqual(checksOf(nodes.toReversed()), checksOf(nodes));
    }),
  );
});
