import test from "ava";
import fc from "fast-check";
import { assess } from "../../../analysis/assessment.ts";
import { findingText } from "../../../analysis/checks/finding.ts";
import { nodeRecord, podTimes } from "../../helpers/example-records.ts";
import { assessed, type Given, released, steady } from "../../helpers/example-run.ts";
import { assertFault } from "../../helpers/faults.ts";
import { thorough } from "../../helpers/thorough.ts";

const notesOn = (given: Given) => assessed(given).notes;
const found = (given: Given) => notesOn(given).map(({ check }) => check);
const textOf = (given: Given, check: string) =>
  notesOn(given)
    .filter((note) => note.check === check)
    .map(findingText)[0] ?? "";

const healthy = { temperature: 50, underVoltage: false, capped: false };
const memory = { memoryAvailable: 4_000_000_000, swapUsed: 0, throttled: 0, cpuTime: 0 };
const after = { ...memory, cpuTime: 7 };
/** A warm-up of 0.5 s, six rounds, a cool-down of 0.5 s. */
const span = 7.04;

const doubtful = true;
const explains = false;
const cases: [title: string, check: string, is: boolean, strikes: Given, doesNot: Given][] = [
  [
    "workers on one computer",
    "shared host",
    explains,
    { workers: [{ machine: { bootId: "a" } }, { machine: { bootId: "a" } }] },
    { workers: [{ machine: { bootId: null } }, { machine: { bootId: null } }] },
  ],
  ["a single machine with a second core", "idle cores", explains, { single: { cores: 2 } }, { single: { cores: 1.5 } }],
  [
    "workers with a second core",
    "idle cores",
    explains,
    { workers: [{ cores: 2 }] },
    { workers: [{ cores: 2, processes: 2 }] },
  ],
  [
    "a base with another processor",
    "base unlike the workers",
    explains,
    { single: { machine: { cpu: "Apple M3" } } },
    { single: { machine: { cpu: "Cortex-A72" } } },
  ],
  [
    "a base on another board",
    "base unlike the workers",
    explains,
    { single: { machine: { board: "Raspberry Pi 5 Model B Rev 1.0" } } },
    { single: { machine: { board: null } } },
  ],
  ["seconds given", "base given", explains, { single: 1.5 }, {}],
  [
    "another minor version of Python",
    "different Pythons",
    doubtful,
    { single: { python: "3.13.1" } },
    { single: { python: "3.9.25" } },
  ],
  ["another patch version of Python", "different Pythons", explains, { single: { python: "3.9.1" } }, {}],
  [
    "another content of the image",
    "different images",
    doubtful,
    { workers: [{ digest: "sha256:aaaa" }], single: { digest: "sha256:bbbb" } },
    { workers: [{ digest: "sha256:aaaa" }, { digest: null }], single: { digest: null } },
  ],
  [
    "a base without the filter of system calls",
    "different guards",
    doubtful,
    { single: { machine: { seccomp: 0 } } },
    { workers: [{ machine: { seccomp: 0 } }], single: { machine: { seccomp: null } } },
  ],
  [
    "a base with the guard against speculative stores",
    "different guards",
    doubtful,
    { single: { machine: { speculationStoreBypass: "thread force mitigated" } } },
    { single: { machine: { speculationStoreBypass: "unknown" } } },
  ],
  [
    "another number of processes",
    "different numbers of processes",
    doubtful,
    { workers: [{ processes: 2 }] },
    { workers: [{}] },
  ],
  [
    "a worker of which every round is slower than the other's",
    "workers of different speed",
    explains,
    { workers: [{}, { seconds: [1.1, 1.11, 1.1, 1.12, 1.11, 1.1] }] },
    { workers: [{}, { seconds: [1, 1.02, 1.01, 1.03, 1, 1.02] }] },
  ],
  [
    "a worker of four rounds, too few to compare",
    "workers of different speed",
    explains,
    { workers: [{}, { seconds: [2, 2.01, 2, 2.02, 2] }, { seconds: steady.map((each) => 3 * each) }] },
    { workers: [{}, { seconds: [2, 2.01, 2, 2.02] }, { seconds: steady.map((each) => 3 * each) }] },
  ],
  [
    "a mean 6 % above the median",
    "mean and median differ",
    explains,
    { workers: [{ seconds: [1, 1, 1, 1, 1, 1.36] }] },
    { workers: [{ seconds: [1, 1, 1, 1, 1, 1.24] }] },
  ],
  [
    "a lone worker that is 10 % faster than itself as the single machine",
    "faster than possible",
    doubtful,
    { workers: [{}], single: { seconds: steady.map((each) => 1.1 * each), machine: { bootId: "boot-0" } } },
    { workers: [{}], single: { seconds: steady.map((each) => 1.02 * each), machine: { bootId: "boot-0" } } },
  ],
  [
    "pauses of a fifth of a round",
    "time between rounds",
    doubtful,
    { workers: [{ rounds: withPauses(0.2) }] },
    { workers: [{ rounds: withPauses(0.1) }] },
  ],
  // Of its six seconds the late worker has 4 in the window, since the other cools down for half a second.
  [
    "a pod that comes 2 s late",
    "pods not together",
    doubtful,
    { workers: [{}, { started: released + 2.5 }] },
    { workers: [{}, { started: released + 2 }] },
  ],
  [
    "a pull of which no event tells",
    "image pull unknown",
    explains,
    { pods: [{ pull: null }] },
    { pods: [{ pull: 1.5 }] },
  ],
  ["a Job that was found finished", "timeline missing", doubtful, { released: null }, {}],
  ["no timeline at all", "timeline missing", doubtful, { timeline: null }, {}],
  [
    "an end that nobody saw",
    "timeline missing",
    doubtful,
    { pods: [{ finished: null, read: null, clockShift: null }] },
    { pods: [{ finished: null }] },
  ],
  [
    "a clock that no shift sets right",
    "clocks unsettled",
    doubtful,
    { pods: [{ clockShift: null }] },
    { pods: [{ clockShift: 0 }] },
  ],
  [
    "a clock 300 s behind",
    "clocks shifted",
    explains,
    { workers: [{}, { started: released - 299.5 }], pods: [{}, { clockShift: 300 }] },
    {},
  ],
  [
    "a clock 300 s ahead",
    "clocks shifted",
    explains,
    { workers: [{}, { started: released + 300.5 }], pods: [{}, { clockShift: -300, finished: 1008, read: 8 }] },
    {},
  ],
  [
    "a first half that ends after the release",
    "halves apart",
    doubtful,
    { single: { parts: parts(1, 10) } },
    { single: { parts: parts(0, 10) } },
  ],
  [
    "a second half that begins before the last result",
    "halves apart",
    doubtful,
    { single: { parts: parts(-1, 6) } },
    { single: { parts: parts(-1, 7.5) } },
  ],
  [
    "a first half 16 minutes before",
    "halves apart",
    doubtful,
    { single: { parts: parts(-960, 10) } },
    { single: { parts: parts(-840, 10) } },
  ],
  [
    "a second half 16 minutes later",
    "halves apart",
    doubtful,
    { single: { parts: parts(-1, 970) } },
    { single: { parts: parts(-1, 850) } },
  ],
  [
    "six rounds before the Job and none after it",
    "halves apart",
    doubtful,
    { single: { parts: parts(-1, 10).slice(0, 1) } },
    { single: { seconds: [1] } },
  ],
  [
    "a single machine that is 20 % slower after the Job",
    "single machine changed",
    doubtful,
    { single: { seconds: [1, 1.01, 1, 1.2, 1.21, 1.2] } },
    { single: { seconds: [1, 1.01, 1, 1.02, 1.03, 1.02] } },
  ],
  [
    "a single machine whose halves differ by 5 %, surely and not so",
    "single machine changed",
    doubtful,
    { single: { seconds: [1, 1.001, 1.002, 1.05, 1.051, 1.052] } },
    { single: { seconds: [1, 1.05, 0.95, 1.05, 1.1, 1] } },
  ],
  // Their spreads explain the difference of 20 %, but the fastest after took 11 % longer than the slowest before.
  [
    "a single machine whose halves scatter, and yet lie apart,",
    "single machine changed",
    doubtful,
    { single: { seconds: [1, 1.06, 1, 1.18, 1.3, 1.2] } },
    { single: { seconds: [1, 1.06, 1, 1.16, 1.3, 1.2] } },
  ],
  [
    "one round before and one after, however far apart,",
    "single machine changed",
    doubtful,
    { single: { seconds: [1, 1.001, 1.2, 1.201] } },
    { single: { seconds: [1, 1.2] } },
  ],
  // The slowest before and the fastest after: 1.01·1.1 = 1.111.
  [
    "a worker with a step of a fifth up",
    "speed changed",
    doubtful,
    { workers: [{ seconds: [1, 1.01, 1, 1.12, 1.13, 1.12] }] },
    { workers: [{ seconds: [1, 1.01, 1, 1.11, 1.12, 1.11] }] },
  ],
  [
    "a worker with a step of a fifth down",
    "speed changed",
    doubtful,
    { workers: [{ seconds: [1.12, 1.13, 1.12, 1, 1.01, 1] }] },
    { workers: [{ seconds: [1.11, 1.12, 1.11, 1, 1.01, 1] }] },
  ],
  // Beyond ten workers 1.15 is asked for: 1.01·1.15 = 1.1615.
  [
    "one of eleven workers with a step",
    "speed changed",
    doubtful,
    { workers: elevenBut([1, 1.01, 1, 1.17, 1.18, 1.17]) },
    { workers: elevenBut([1, 1.01, 1, 1.15, 1.16, 1.15]) },
  ],
  // One worker's halves lie apart by chance where the others show how much rounds vary: growth 0.27, and s = 0.15.
  [
    "a step that the spread of all rounds does not explain",
    "speed changed",
    doubtful,
    { workers: [{ seconds: [1, 1.05, 1.1, 1.25, 1.35, 1.4] }, {}, {}] },
    {
      workers: [
        { seconds: [1, 1.05, 1.1, 1.25, 1.35, 1.4] },
        { seconds: [1, 1.4, 0.8, 0.9, 1.3, 1] },
        { seconds: [0.8, 1.2, 1, 1.3, 0.8, 1] },
      ],
    },
  ],
  // S = 3·13 of 15 pairs each, so z = 38/√85 = 4.1; the second half is 5 % slower, or 2 %.
  [
    "three workers that slow down together",
    "workers drift",
    doubtful,
    { workers: thrice({ seconds: [1, 1.02, 1.04, 1.03, 1.06, 1.08] }) },
    { workers: thrice({ seconds: [1, 1.008, 1.016, 1.012, 1.024, 1.032] }) },
  ],
  [
    "three workers that speed up together",
    "workers drift",
    doubtful,
    { workers: thrice({ seconds: [1.08, 1.06, 1.04, 1.03, 1.02, 1] }) },
    // S = −3·7, so z = −20/√85 = −2.17.
    { workers: thrice({ seconds: [1.12, 1.16, 1.04, 1.08, 1, 1.06] }) },
  ],
  // Six in order have chance 1/720 each way: three workers may have it, four may not.
  [
    "one of three workers that slows down steadily",
    "rounds drift",
    doubtful,
    { workers: [{}, {}, { seconds: [1, 1.02, 1.04, 1.06, 1.08, 1.1] }] },
    { workers: [{}, {}, {}, { seconds: [1, 1.02, 1.04, 1.06, 1.08, 1.1] }] },
  ],
  [
    "one of three workers that speeds up steadily",
    "rounds drift",
    doubtful,
    { workers: [{}, {}, { seconds: [1.1, 1.08, 1.06, 1.04, 1.02, 1] }] },
    { workers: [{}, {}, { seconds: [1.01, 1.008, 1.006, 1.004, 1.002, 1] }] },
  ],
  // 24 M throws: a standard error is 0.000335, so five of them are 0.0017.
  [
    "a π five standard errors off",
    "π is off",
    doubtful,
    { workers: [inside(0.00042)] },
    { workers: [inside(0.00025)] },
  ],
  [
    "a π of which every point is inside",
    "π is off",
    doubtful,
    { workers: [{ inside: 41, samples: 41 }] },
    { workers: [{ inside: 40, samples: 40 }] },
  ],
  [
    "rounds that count of which a few are unlike the others, and not such as don't count",
    "mean and median differ",
    explains,
    { workers: [{ seconds: [1, 1, 1, 1, 1, 1.36] }, {}] },
    { workers: [{ seconds: [1, 1, 1, 1, 1, 1, 3] }, { seconds: [1, 1, 1, 1, 1, 1, 1] }] },
  ],
  [
    "a single machine that waited 4 %",
    "single machine waited",
    doubtful,
    { single: waiting(0.04) },
    { single: waiting(0.02) },
  ],
  ["a worker that waited 6 %", "workers waited", doubtful, { workers: [waits(0.06)] }, { workers: [waits(0.04)] }],
  // One that has half a core waits half of its time, and leaves three quarters of a core to each of the others.
  [
    "one of three workers on two cores that waited 50 %, the others 25 %",
    "workers waited",
    doubtful,
    { workers: [0.5, 0.25, 0.25].map((share) => ({ ...waits(share), cores: 2, machine: { bootId: "a" } })) },
    { workers: [0.4, 0.3, 0.3].map((share) => ({ ...waits(share), cores: 2, machine: { bootId: "a" } })) },
  ],
  // Three on two cores wait a third of their time for each other, and a tenth more is allowed.
  [
    "three workers on two cores that waited 45 %",
    "workers waited",
    doubtful,
    { workers: thrice({ ...waits(0.45), cores: 2, machine: { bootId: "a" } }) },
    { workers: thrice({ ...waits(0.42), cores: 2, machine: { bootId: "a" } }) },
  ],
  [
    "half of the processor time, and no kernel that tells of waiting",
    "held back",
    doubtful,
    { workers: [{ ...waits(null), machine: { after: { ...after, cpuTime: span / 2 } } }] },
    { workers: [{ ...waits(null), machine: { after: { ...after, cpuTime: 0.9 * span } } }] },
  ],
  [
    "half of the processor time, and a kernel that tells of no waiting",
    "held back",
    doubtful,
    { workers: [{ ...waits(null), machine: { after: { ...after, cpuTime: span / 2 } } }] },
    { workers: [{ ...waits(0), machine: { after: { ...after, cpuTime: span / 2 } } }] },
  ],
  [
    "4 % stolen from a worker",
    "processor time stolen",
    doubtful,
    { workers: [{ machine: { stolen: 0.04 } }] },
    { workers: [{ machine: { stolen: 0.03 } }] },
  ],
  [
    "4 % stolen from the single machine",
    "processor time stolen",
    doubtful,
    { single: { machine: { stolen: 0.04 } } },
    { single: { machine: { stolen: null } } },
  ],
  [
    "a quota that took a second of seven",
    "throttled by a quota",
    doubtful,
    { workers: [{ machine: { after: { ...after, throttled: 1 } } }] },
    { workers: [{ machine: { after: { ...after, throttled: 0.1 } } }] },
  ],
  [
    "no memory left",
    "short of memory",
    doubtful,
    { workers: [{ machine: { after: { ...after, memoryAvailable: 20 * 2 ** 20 } } }] },
    { workers: [{ machine: { after: { ...after, memoryAvailable: 200 * 2 ** 20 } } }] },
  ],
  [
    "swapping during the run",
    "short of memory",
    doubtful,
    { workers: [{ machine: { after: { ...after, swapUsed: 20 * 2 ** 20 } } }] },
    {
      workers: [
        { machine: { before: { ...memory, swapUsed: 2 ** 30 }, after: { ...after, swapUsed: 2 ** 30 + 2 ** 20 } } },
      ],
    },
  ],
  [
    "a supply that is too weak",
    "under-voltage",
    doubtful,
    { workers: [{ machine: { health: { ...healthy, underVoltage: true } } }] },
    { workers: [{ machine: { health: { ...healthy, underVoltage: null } } }] },
  ],
  [
    "80 °C, and rounds that become 4 % slower",
    "slowed by heat",
    doubtful,
    { workers: [{ seconds: [1, 1, 1, 1.04, 1.04, 1.04], machine: { health: { ...healthy, temperature: 80 } } }] },
    { workers: [{ seconds: [1, 1, 1, 1.04, 1.04, 1.04], machine: { health: { ...healthy, temperature: 79 } } }] },
  ],
  [
    "80 °C, and rounds of one length",
    "hot",
    explains,
    { workers: [{ machine: { health: { ...healthy, temperature: 80 } } }] },
    { workers: [{ seconds: [1, 1, 1, 1.04, 1.04, 1.04], machine: { health: { ...healthy, temperature: 80 } } }] },
  ],
  [
    "a limited clock",
    "clock capped",
    explains,
    { single: { machine: { health: { ...healthy, capped: true } } } },
    { single: { machine: { health: { ...healthy, capped: null } } } },
  ],
];
for (const [title, check, isDoubtful, strikes, doesNot] of cases) {
  test(`${title}: "${check}" ${isDoubtful ? "doubts" : "explains"}, and is silent for less`, (t) => {
    const note = notesOn(strikes).find((each) => each.check === check);
    t.is(note?.doubtful, isDoubtful, found(strikes).join());
    t.false(found(doesNot).includes(check), found(doesNot).join());
  });
}

function withPauses(pause: number) {
  const { rounds } = nodeRecord({ seconds: steady, started: released + 0.5, warmUp: 0.5 });
  return rounds.map((round, i) => ({ ...round, start: round.start + i * pause, end: round.end + i * pause }));
}

/** Three workers that are alike. */
function thrice<T>(worker: T): T[] {
  return [worker, worker, worker];
}

/** Eleven workers of which the last has these rounds. */
function elevenBut(seconds: readonly number[]) {
  return Array.from({ length: 11 }, (_, i) => (i === 10 ? { seconds } : {}));
}

/** The single machine's halves: the first ends, the second starts, so many seconds after the release. */
function parts(ended: number, started: number) {
  const times = { warmUp: 0, coolDown: 0, elapsed: 3 };
  return [
    { part: "before" as const, started: released + ended - 3, ended: released + ended, ...times },
    { part: "after" as const, started: released + started, ended: released + started + 3, ...times },
  ];
}

/** A worker that waited this share of its rounds' time. */
function waits(share: number | null) {
  const { rounds } = nodeRecord({ seconds: steady, started: released + 0.5, warmUp: 0.5 });
  return { rounds: rounds.map((round) => ({ ...round, waited: share === null ? null : share * round.seconds })) };
}

/** A single machine that waited this share of its rounds' time. */
function waiting(share: number) {
  return {
    rounds: waits(share).rounds.map((round, i) => ({
      ...round,
      part: i < 3 ? ("before" as const) : ("after" as const),
    })),
  };
}

/** A worker that counted so much more than π/4 of four million throws a round. */
function inside(share: number) {
  const samples = 24_000_000;
  return { samples, inside: Math.round(samples * (Math.PI / 4 + share)) };
}

test("equal workers on separate machines with one core give no findings", (t) => {
  t.deepEqual(notesOn({}), []);
});

test("the cores that nobody used are counted on both sides", (t) => {
  t.is(
    textOf(
      { workers: [{ cores: 4 }, { cores: 4 }], single: { cores: 8, seconds: steady.map((each) => 9 * each) } },
      "idle cores",
    ),
    "The single machine used 1 of its 8 cores. Each worker used 1 of 4 cores. `processes: cores` compares whole machines.",
  );
  t.is(
    textOf({ workers: [{ cores: 4 }, {}] }, "idle cores"),
    "Some workers did not use all of their cores. `processes: cores` compares whole machines.",
  );
});

test("a single machine that would win with all its cores is reported with both times", (t) => {
  // Two workers at 1.007 s; 2·1.007/8 = 0.252.
  t.regex(
    textOf({ workers: [{}, {}], single: { cores: 8 } }, "idle cores"),
    /^The single machine used 1 of its 8 cores\. .* With all its cores, .* faster than the workers\. It would take 0\.252 s for .* instead of 1\.007 s, /,
  );
});

test("the ceiling of a shared host is its cores, divided by the processes of each worker", (t) => {
  const on = (processes: number) => ({ cores: 4, processes, machine: { bootId: "a" } });
  t.regex(
    textOf({ workers: [on(1), on(1)] }, "shared host"),
    /never do more than 4 times the work of one process there\.$/,
  );
  t.regex(
    textOf({ workers: [on(2), on(2), on(2)] }, "shared host"),
    /never do more than 2 times the work of 2 processes there\. In this run, 6 processes competed for these cores\.$/,
  );
});

test("logical cores are called so, where two of them are one physical core", (t) => {
  const on = { machine: { bootId: "a", threadsPerCore: 2 } };
  t.regex(textOf({ workers: [on, on] }, "shared host"), /The cores are logical\. 2 of them share one physical core/);
});

test("the single machine's change is reported with its size and direction", (t) => {
  t.regex(
    textOf({ single: { seconds: [1, 1, 1, 1.2, 1.2, 1.2] } }, "single machine changed"),
    /changed during the run\. .* took 20 % longer than/,
  );
  t.regex(
    textOf({ single: { seconds: [1.25, 1.25, 1.25, 1, 1, 1] } }, "single machine changed"),
    /changed during the run\. .* took 20 % less time than/,
  );
});

test("pods apart on a first run lead to advice to measure again, and later to more rounds", (t) => {
  const late = [{}, { started: released + 10 }];
  t.regex(
    textOf({ workers: late, pods: [{ pull: 10 }, { pull: 26 }] }, "pods not together"),
    /The image pull took 26\.0 s on pi-1 and 10\.0 s on pi-0\. The nodes have the image now, so measure again\.$/,
  );
  t.regex(
    textOf({ workers: late, pods: [{ pull: 0 }, { pull: 0.5 }] }, "pods not together"),
    /Increase pi-speedup:samples or pi-speedup:rounds\.$/,
  );
});

test("a worker as single machine has its halves' stamps by its own clock, which is shifted as in its pod", (t) => {
  const shifted = { workers: [{ started: released - 299.5 }, {}], pods: [{ clockShift: 300 }] };
  const halves = parts(-1, 10).map((part) => ({ ...part, started: part.started - 300, ended: part.ended - 300 }));
  t.false(found({ ...shifted, single: { mode: "worker:pi-0", parts: halves } }).includes("halves apart"));
  t.true(found({ ...shifted, single: { mode: "docker", parts: halves } }).includes("halves apart"));
});

test("how far a worker's clock is off is not known exactly, so its halves may seem to overlap the Job a little", (t) => {
  const half = (mode: string) => ({ mode, parts: parts(20, 30) });
  t.false(found({ single: half("worker:pi-0") }).includes("halves apart"));
  t.true(found({ single: half("docker") }).includes("halves apart"));
  t.true(found({ single: { mode: "worker:pi-0", parts: parts(70, 80) } }).includes("halves apart"));
});

test("a long Job between the halves is no break", (t) => {
  const workers = [{ seconds: steady.map((each) => 400 * each) }];
  t.false(found({ workers }).includes("halves apart"));
});

test("shifted clocks are reported with the node and their offset", (t) => {
  const given = { workers: [{}, { started: released - 299.5 }], pods: [{}, { clockShift: 300 }] };
  assertFault(t, "clock-skew", textOf(given, "clocks shifted"));
  t.regex(textOf(given, "clocks shifted"), /^The clock of pi-1 is at least 300 s behind the collector's/);
});

test("a clock that was set, and a Job that was already finished, are reported in the words of the faults", (t) => {
  assertFault(t, "clock-set", textOf({ pods: [{ clockShift: null }] }, "clocks unsettled"));
  assertFault(t, "timeline-missing", textOf({ released: null }, "timeline missing"));
  assertFault(t, "halves-apart", textOf({ single: { parts: parts(-960, 10) } }, "halves apart"));
});

test("a single worker's clock does not affect its window, but is still reported as unsettled", (t) => {
  t.deepEqual(found({ workers: [{}], pods: [{ clockShift: null }] }), ["clocks unsettled"]);
});

test("on an oversubscribed host, rounds outside the common window are no step: they ran on an emptier machine", (t) => {
  const on = { cores: 1, machine: { bootId: "a" } };
  // Alone for three rounds; then both, each half as fast.
  const workers = [
    { ...on, seconds: [1, 1.01, 1, 2, 2.01, 2, 2, 2.01, 2] },
    { ...on, started: released + 3.5, seconds: [2, 2.01, 2, 2, 2.01, 2] },
  ];
  t.false(found({ workers }).includes("speed changed"));
  const apart = workers.map((worker, i) => ({ ...worker, machine: { bootId: `boot-${i}` } }));
  t.true(found({ workers: [{ ...apart[0], seconds: [1, 1.01, 1, 1, 2, 2.01, 2, 2] }] }).includes("speed changed"));
});

test("hundreds of workers with the same trouble are one note: the worst with its figure, a few by name, the rest counted", (t) => {
  const workers = Array.from({ length: 300 }, (_, i) => ({ machine: { stolen: i === 7 ? 0.5 : 0.2 } }));
  const notes = notesOn({ workers });
  t.deepEqual(
    notes.map(({ check }) => check),
    ["processor time stolen"],
  );
  t.regex(
    notes[0]?.text ?? "",
    /^pi-7 is a virtual machine\. Its host gave 50 % .* To a lesser degree, this also applies to pi-0, pi-1, pi-10, pi-100 and 295 more\. /,
  );
});

test("the order of the workers changes no finding", (t) => {
  const times = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 4 }), (all) => {
      const { baseline } = assessed({});
      const nodes = all.map((seconds, index) => nodeRecord({ index, seconds, started: released }));
      const timeline = {
        released,
        pods: nodes.map(({ index }) => podTimes({ index, read: 20, finished: released + 20 })),
      };
      const said = assess({ nodes, timeline }, baseline).notes;
      t.deepEqual(assess({ nodes: nodes.toReversed(), timeline }, baseline).notes, said);
    }),
  );
});

test("ten thousand rounds of many workers are checked in the time of a test", (t) => {
  const seconds = Array.from({ length: 10_000 }, (_, i) => 1 + 0.05 * Math.sin(i * i));
  const { rounds } = nodeRecord({ seconds, started: released });
  // One list for all, which takes less memory.
  const workers = Array.from({ length: thorough ? 100 : 20 }, () => ({
    rounds,
    samples: 1_000_000 * 10_000,
    inside: 785_398 * 10_000,
  }));
  t.deepEqual(
    found({ workers, single: { seconds } }).filter((check) => /drift|speed|changed/.test(check)),
    [],
  );
});

test("pods that were not together get a reason and a remedy", (t) => {
  const text = (given: Given) => textOf(given, "pods not together");
  // All are done before the slowest is: 6 s of 12.
  t.regex(
    text({ workers: [{}, { seconds: steady.map((each) => 2 * each) }] }),
    /\. pi-1 is so slow that .* More rounds do not change that\. Leave/,
  );
  const setBack = [0, 1, 2, 3, 4, 5].map((i) => {
    const start = released + 1 + i - (i < 3 ? 0 : 300);
    return { start, end: start + 1, seconds: 1, inside: 785_398, waited: 0 };
  });
  t.regex(
    text({ workers: [{}, { rounds: setBack }] }),
    /^A pod has no round during .*\. The clock of pi-1 was set while/,
  );
});

test("the single machine is called faster with all its cores only where the interval says so", (t) => {
  const beside = (seconds: readonly number[]) =>
    textOf(
      { single: { seconds: [1, 1.01, 1, 1.02, 1.01, 1], cores: 2 }, workers: [{ seconds }, { seconds }] },
      "idle cores",
    );
  t.notRegex(beside([1, 1.1, 1, 1.02, 1.01, 1.05]), /would be faster/);
  t.notRegex(
    textOf({ single: { seconds: [1], cores: 8 }, workers: [{ seconds: [2] }] }, "idle cores"),
    /would be faster/,
  );
  t.regex(
    beside([1.5, 1.51, 1.5, 1.52, 1.51, 1.5]),
    /would be faster than the workers\. It would take 1\.007 s .* instead of 1\.507 s/,
  );
});

test("an interval beyond what the hosts' cores allow is not cut to a point", (t) => {
  const given = { workers: [{}], single: { seconds: steady.map((each) => 1.1 * each), machine: { bootId: "boot-0" } } };
  const { throughputSpeedupCI95: interval, throughputSpeedup } = assessed(given).metrics;
  const [low, high] = interval ?? [Number.NaN, Number.NaN];
  t.true(1 < low && low < throughputSpeedup && throughputSpeedup < high, `${interval}`);
});

test("a worker that becomes steadily slower is found among any number of others", (t) => {
  const slower = { seconds: [1, 1.09, 1.18, 1.27, 1.36, 1.45] };
  for (const others of [2, 6, 7, 19]) {
    const workers = [slower, ...new Array<object>(others).fill({})];
    t.false(assessed({ workers }).judgement.valid, `among ${others}`);
  }
});

test("a single machine of six rounds that became steadily faster is doubted, and not one that did so with an exception", (t) => {
  const changed = (seconds: readonly number[]) => found({ single: { seconds } }).includes("single machine changed");
  t.true(changed([1.45, 1.4, 1.3, 1.2, 1.1, 1]));
  t.false(changed([1.4, 1.45, 1.3, 1.2, 1.1, 1]));
});

test("an interval that begins a little above the bound is explained", (t) => {
  const given = {
    workers: [{}],
    single: { seconds: steady.map((each) => 1.02 * each), machine: { bootId: "boot-0" } },
  };
  t.true(assessed(given).judgement.valid);
  t.regex(textOf(given, "at the bound"), /slightly more than the 1 that .* read it as 1\.$/);
});

test("equal pods of which one starts late are not called slow", (t) => {
  const on = { cores: 2, machine: { bootId: "a" }, seconds: [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 0.8, 0.8, 0.8] };
  const late = [0, 4, 8].map((by) => ({ ...on, started: released + 0.5 + by }));
  t.regex(textOf({ workers: late }, "pods not together"), /Increase pi-speedup:samples or pi-speedup:rounds\.$/);
});

test("more processes than cores are never called a multiple of less than one", (t) => {
  const on = { cores: 2, processes: 4, machine: { bootId: "a" } };
  t.regex(textOf({ workers: [on, on] }, "shared host"), /never do more than 4 processes do there\. In this run, 8 /);
});
