// The baseline's component under Pulumi's mocks: the resources of a half, and what makes it measure again.
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import type { Half, HalfRecord } from "../../../../analysis/single-machine.ts";
import type { BaselineMode, Workload } from "../../../../components/config.ts";
import { Baseline, type BaselineArgs } from "../../../../components/measurement/baseline/baseline.ts";
import { PiJob } from "../../../../components/workload/pi-job.ts";
import { WorkerPool } from "../../../../components/workload/worker-pool.ts";
import { nodeRecord, runRecord, timelineOf } from "../../../helpers/example-records.ts";
import { assertFault } from "../../../helpers/faults.ts";
import { type Declared, MockCluster } from "../../../helpers/mock-cluster.ts";

const declared: Declared[] = [];
const half: HalfRecord = { mode: "host", elapsed: 3, digest: null, ...runRecord({ seconds: [1, 1] }) };
const collection = { timeline: timelineOf([5]), nodes: [nodeRecord({ seconds: [1, 1] })], logs: ["a"] };

pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs }) => {
      declared.push({ type, name, inputs });
      const metadata = { ...inputs.metadata, uid: `uid-of-${name}` };
      const collects = String(inputs.create).endsWith("collect-results");
      const stdout = JSON.stringify(collects ? collection : half);
      return { id: `id-of-${name}`, state: { ...inputs, metadata, stdout } };
    },
    call: ({ inputs }) => inputs,
  },
  "pi-speedup",
  "dev",
);

const workload: Workload = {
  image: "python:3.9-slim",
  samples: 1000,
  rounds: 5,
  processes: 1,
  seed: "",
  timeout: 600,
};
const worker: BaselineMode = { kind: "worker", node: undefined };
let stacks = 0;

interface Given {
  mode: BaselineMode;
  rounds?: number;
  run?: string;
  job?: string;
  namespace?: string;
  workers?: string[];
}

/** Both halves of one stack, and what was declared for each. Its names are of its own. */
async function bothHalves({
  mode,
  rounds = 5,
  run = "1",
  job = "pi-job",
  namespace = "pi",
  workers = ["b", "a"],
}: Given) {
  const id = `stack${stacks++}`;
  const pool = new WorkerPool(id, { cluster: new MockCluster(id, workers), namespace, createNamespace: true });
  const work = { ...workload, rounds };
  const alone: BaselineArgs = { mode, pool, job, workload: work, run };
  const first = new Baseline(`${id}-before`, alone);
  const pi = new PiJob(id, { job, pool, workload: work, run });
  const second = new Baseline(`${id}-after`, { ...alone, after: { first, pi } });
  const halves = await settled(pulumi.all([first.half, second.half]));
  const of = (name: string) => declared.filter((each) => each.name === name && !each.type.startsWith("pi-speedup:"));
  return { id, halves, before: of(`${id}-before`), after: of(`${id}-after`) };
}

function settled<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });
}

const jobIn = (resources: Declared[]) => JSON.stringify(resources.find(({ type }) => type.endsWith(":Job"))?.inputs);
/** Settings of the program behind the Command. */
const settingsIn = (resources: Declared[]) => {
  const command = resources.find(({ type }) => type === "command:local:Command");
  // A secret is an object around its value.
  return JSON.parse(JSON.parse(JSON.stringify(command?.inputs.stdin), (_, value) => value?.value ?? value));
};

test("a worker is the single machine in two Jobs, each with its collector", async (t) => {
  const { before, after, halves } = await bothHalves({ mode: worker });
  for (const half of [before, after]) {
    t.deepEqual(half.map(({ type }) => type).sort(), ["command:local:Command", "kubernetes:batch/v1:Job"]);
  }
  t.regex(jobIn(before), /"name":"pi-job-baseline-before"/);
  t.regex(jobIn(after), /"name":"pi-job-baseline-after"/);
  t.deepEqual(
    halves.map((each: Half) => each?.mode),
    ["worker:pi-0", "worker:pi-0"],
  );
});

test("the Jobs of a worker alone do their share of the rounds, in streams of their own", async (t) => {
  const { before, after } = await bothHalves({ mode: worker });
  t.regex(jobIn(before), /"--rounds=3",.*"--index=single","--first-round=0"/);
  t.regex(jobIn(after), /"--rounds=2",.*"--index=single","--first-round=3"/);
  t.like(settingsIn(before), { job: "pi-job-baseline-before", workers: 1, asked: { index: "single" } });
  t.like(settingsIn(after), { job: "pi-job-baseline-after", workers: 1, asked: { index: "single" } });
});

test("a message comes before a worker is measured alone, with its duration once the first half is known", async (t) => {
  const { before, after } = await bothHalves({ mode: worker });
  t.is(
    settingsIn(before).announcement,
    "Measuring the single machine on the worker b alone: rounds 1 to 3 of 5. The other 2 follow after the Job.",
  );
  t.is(
    settingsIn(after).announcement,
    "Measuring the single machine on the worker b alone: rounds 4 to 5 of 5, about 3 s.",
  );
});

test("nothing runs in the pod before the rounds but what runs before the workers' own", async (t) => {
  const { before } = await bothHalves({ mode: worker });
  t.false(jobIn(before).includes("initContainers"));
});

test("the second Job of a worker alone is another one when the stack's Job is", async (t) => {
  const { id, after } = await bothHalves({ mode: worker });
  t.true(jobIn(after).includes(`"pi-speedup/run":"uid-of-${id}"`), jobIn(after));
});

const changes: [what: string, change: Partial<Given>][] = [
  ["run", { run: "2" }],
  ["name of the Job", { job: "other" }],
  ["namespace", { namespace: "other" }],
  ["worker list", { workers: ["a", "b", "c"] }],
  ["number of rounds", { rounds: 7 }],
];
for (const [what, change] of changes) {
  for (const mode of [worker, { kind: "docker" as const }]) {
    test(`another ${what} measures the first half again (${mode.kind})`, async (t) => {
      /** But for the stack's own names. */
      const measured = async (given: Given) => {
        const { id, before } = await bothHalves(given);
        const [job, command] = [jobIn(before), before.find(({ type }) => type === "command:local:Command")];
        return (mode.kind === "worker" ? job : JSON.stringify(command?.inputs)).replaceAll(id, "stack");
      };
      const usual = await measured({ mode });
      t.is(await measured({ mode }), usual);
      t.not(await measured({ mode, ...change }), usual);
    });
  }
}

test("the same workers in another order measure nothing again", async (t) => {
  const triggers = async (workers: string[]) => {
    const { id, before } = await bothHalves({ mode: { kind: "docker" }, workers });
    return JSON.stringify(before[0]?.inputs.triggers).replaceAll(id, "stack");
  };
  t.is(await triggers(["a", "b"]), await triggers(["b", "a"]));
});

test("another cluster measures the first half again", async (t) => {
  const { id, before } = await bothHalves({ mode: { kind: "docker" } });
  t.true(JSON.stringify(before[0]?.inputs.triggers).includes(`"id-of-${id}"`));
});

const oneRound: BaselineMode[] = [worker, { kind: "docker" }, { kind: "host" }];
for (const mode of oneRound) {
  test(`with one round, nothing comes after the Job (${mode.kind})`, async (t) => {
    const { before, after, halves } = await bothHalves({ mode, rounds: 1 });
    t.true(before.length > 0);
    t.deepEqual(after, []);
    t.is(halves[1], null);
    t.regex(mode.kind === "worker" ? jobIn(before) : settingsIn(before).work.join(), /--warm-up=0/);
  });
}

test("a half of two rounds has one, and keeps its warm-up", async (t) => {
  const { before, after } = await bothHalves({ mode: { kind: "host" }, rounds: 2 });
  for (const half of [before, after]) {
    t.true(settingsIn(half).work.includes("--rounds=1"));
    t.notRegex(settingsIn(half).work.join(), /--warm-up/);
  }
});

test("given seconds need no resource", async (t) => {
  const { before, after, halves } = await bothHalves({ mode: { kind: "given", seconds: 1.52 } });
  t.deepEqual([...before, ...after], []);
  t.deepEqual(halves[0], { mode: "given", seconds: 1.52 });
});

test("a worker that does not exist is refused, with the existing ones", async (t) => {
  const { message } = await t.throwsAsync(bothHalves({ mode: { kind: "worker", node: "pink" } }));
  assertFault(t, "baseline-no-worker", message);
  t.regex(message, /"worker:pink".* with one of b, a\./);
});
