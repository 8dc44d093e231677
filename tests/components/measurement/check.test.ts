// The check Job under Pulumi's mocks: the workers' task, and what repeats it.
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import type { Workload } from "../../../components/config.ts";
import { Check } from "../../../components/measurement/check.ts";
import { WorkerPool } from "../../../components/workload/worker-pool.ts";
import { nodeRecord, timelineOf } from "../../helpers/example-records.ts";
import { type Declared, MockCluster } from "../../helpers/mock-cluster.ts";

const declared: Declared[] = [];
/** Called with each resource that exists. */
const listeners: ((resource: Declared) => void)[] = [];
const collection = { timeline: timelineOf([5]), nodes: [nodeRecord({ seconds: [1] })], logs: ["a"] };

pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs }) => {
      const resource = { type, name, inputs };
      declared.push(resource);
      for (const listener of listeners) listener(resource);
      const metadata = { ...inputs.metadata, uid: `uid-of-${name}` };
      return { id: `id-of-${name}`, state: { ...inputs, metadata, stdout: JSON.stringify(collection) } };
    },
    call: ({ inputs }) => inputs,
  },
  "pi-speedup",
  "dev",
);

const usual: Workload = {
  image: "python:3.9-slim",
  samples: 5_000_000,
  rounds: 6,
  processes: 2,
  seed: "",
  timeout: 600,
};

interface Given {
  workload?: Partial<Workload>;
  workers?: string[];
}
let stacks = 0;

/** The Job and the Command of a check, once the Command is there. Its names are of its own. */
async function checked({ workload, workers = ["b", "a"] }: Given = {}) {
  const id = `stack${stacks++}`;
  const collected = new Promise<void>((resolve) => {
    listeners.push(({ type, name }) => {
      if (type === "command:local:Command" && name === id) resolve();
    });
  });
  const pool = new WorkerPool(id, { cluster: new MockCluster(id, workers), namespace: "pi", createNamespace: true });
  new Check(id, { pool, job: "pi-job", workload: { ...usual, ...workload } });
  await collected;
  const inputsOf = (type: string) =>
    JSON.stringify(declared.find((each) => each.type === type && each.name === id)?.inputs).replaceAll(id, "stack");
  return { job: inputsOf("kubernetes:batch/v1:Job"), command: inputsOf("command:local:Command") };
}

test("each worker throws a hundred thousand points in one round without warm-up, by a Job of its own name", async (t) => {
  const { job } = await checked();
  const { metadata, spec } = JSON.parse(job);
  t.is(metadata.name, "pi-job-check");
  t.is(spec.completions, 2);
  const { args } = spec.template.spec.containers[0];
  for (const argument of ["--samples=100000", "--rounds=1", "--warm-up=0", "--processes=2"])
    t.true(args.includes(argument));
});

for (const [workers, warmUp] of [
  [30, 0],
  [31, 1],
  // Eighty are left after the first thirty. At twenty per second, that is four seconds, in two halves.
  [110, 2],
] as const) {
  test(`each of ${workers} workers is busy until the last one can have been placed`, async (t) => {
    const { job } = await checked({ workers: Array.from({ length: workers }, (_, i) => `node-${i}`) });
    t.true(JSON.parse(job).spec.template.spec.containers[0].args.includes(`--warm-up=${warmUp}`));
  });
}

test("its results are read, by the collector", async (t) => {
  const { command } = await checked();
  t.regex(command, /main\.ts collect-results/);
  t.regex(command, /pi-job-check/);
  t.regex(command, /"triggers":\["uid-of-stack"\]/);
});

const unchanged: [what: string, given: Given][] = [
  ["other samples", { workload: { samples: 10 } }],
  ["other rounds", { workload: { rounds: 30 } }],
  ["another seed", { workload: { seed: "a" } }],
  ["another order of the workers", { workers: ["a", "b"] }],
];
for (const [what, given] of unchanged) {
  test(`not checked again: ${what}`, async (t) => {
    t.deepEqual(await checked(given), await checked());
  });
}

const changed: [what: string, given: Given][] = [
  ["another image", { workload: { image: "python:3.13-slim" } }],
  ["a worker swapped for another", { workers: ["b", "c"] }],
  ["a worker more", { workers: ["a", "b", "c"] }],
  ["other processes, which a worker may not have cores for", { workload: { processes: 4 } }],
];
for (const [what, given] of changed) {
  test(`checked again: ${what}`, async (t) => {
    t.not((await checked(given)).job, (await checked()).job);
  });
}
