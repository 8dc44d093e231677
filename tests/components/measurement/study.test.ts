// The scaling study under Pulumi's mocks: which Jobs it creates, where and in which order, and what makes it measure a
// point again.
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { studyPlan } from "../../../analysis/scaling/plan.ts";
import type { Scaling, ScalingKind } from "../../../analysis/scaling/study-records.ts";
import type { Workload } from "../../../components/config.ts";
import { Study } from "../../../components/measurement/study.ts";
import { WorkerPool } from "../../../components/workload/worker-pool.ts";
import { nodeRecord, timelineOf } from "../../helpers/example-records.ts";
import { type Declared, MockCluster } from "../../helpers/mock-cluster.ts";

const declared: Declared[] = [];
/** When each Job and each Command was begun, and when it was there. */
const steps: string[] = [];
const secrets = (_: string, value: { value?: unknown } | null) => value?.value ?? value;

/** What a collector of so many workers finds: worker i's rounds take 1 + i/10 s. */
const collectionOf = (nodes: readonly string[]) => ({
  timeline: timelineOf(
    nodes.map(() => 20),
    1_700_000_000,
  ),
  nodes: nodes.map((node, index) => ({
    ...nodeRecord({ index, seconds: [1 + index / 10, 1 + index / 10, 1 + index / 10] }),
    node,
  })),
  logs: nodes.map(() => ""),
});

/** The nodes that a Job is pinned to, by its name. */
const nodesOf = new Map<string, string[]>();
interface Term {
  matchFields: [{ values: [string] }];
}
const pinnedTo = (job: { spec: { template: { spec: { affinity: { nodeAffinity: unknown } } } } }): string[] => {
  const affinity = JSON.stringify(job.spec.template.spec.affinity.nodeAffinity);
  // Its shape is what these tests examine.
  const parsed = JSON.parse(affinity) as {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: Term[] };
  };
  return parsed.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.map(
    ({
      matchFields: [
        {
          values: [node],
        },
      ],
    }) => node,
  );
};

pulumi.runtime.setMocks(
  {
    newResource: async ({ type, name, inputs }) => {
      declared.push({ type, name, inputs });
      const kind = type.endsWith(":Job") ? "Job" : type === "command:local:Command" ? "Command" : undefined;
      if (kind) steps.push(`begin ${kind} ${name}`);
      await sleep(5);
      if (kind) steps.push(`end ${kind} ${name}`);
      const metadata = { ...inputs.metadata, uid: `uid-of-${name}` };
      if (kind === "Job") nodesOf.set(name, pinnedTo(inputs));
      // Completion indices come to nodes in no order that the plan knows.
      const stdout = JSON.stringify(collectionOf([...(nodesOf.get(name) ?? [])].reverse()));
      return { id: `id-of-${name}`, state: { ...inputs, metadata, stdout } };
    },
    call: ({ inputs }) => inputs,
  },
  "pi-speedup",
  "dev",
);

const usual: Workload = {
  image: "python:3.9-slim",
  samples: 1_000_001,
  rounds: 3,
  processes: 1,
  seed: "",
  timeout: 600,
};

interface Given {
  workers?: string[];
  counts?: "all" | number[];
  repeats?: number;
  kind?: ScalingKind;
  run?: string;
  workload?: Partial<Workload>;
}
let stacks = 0;
const known = new Map<string, ReturnType<typeof measured>>();

/** A study that was measured; each once. */
function studied(given: Given = {}): ReturnType<typeof measured> {
  const key = JSON.stringify(given);
  const study = known.get(key) ?? measured(given);
  known.set(key, study);
  return study;
}

/** Its names are of its own, and left out of what is returned. */
async function measured({
  workers = ["a", "b", "c"],
  counts = "all",
  repeats = 2,
  kind = "weak",
  run = "1",
  workload,
}: Given) {
  const id = `s${stacks++}`;
  const plan = studyPlan(workers, counts, repeats, run);
  const pool = new WorkerPool(id, { cluster: new MockCluster(id, workers), namespace: "pi", createNamespace: true });
  const work = { ...usual, ...workload };
  const study = new Study(id, { pool, job: "pi-job", workload: work, run, kind, counts, repeats });
  const { points } = await new Promise<Scaling>((resolve) => {
    study.scaling.apply((scaling) => resolve(scaling));
  });
  const of = (type: string) =>
    declared
      .filter((each) => each.type === type && each.name.startsWith(`${id}-`))
      .map(
        ({ name, inputs }) =>
          [name.slice(id.length + 1), JSON.parse(JSON.stringify(inputs, secrets).replaceAll(id, "stack"))] as const,
      );
  const jobs = Object.fromEntries(of("kubernetes:batch/v1:Job"));
  const commands = Object.fromEntries(
    of("command:local:Command").map(([name, inputs]) => [name, JSON.parse(inputs.stdin)]),
  );
  const order = steps.filter((step) => step.includes(` ${id}-`)).map((step) => step.replace(`${id}-`, ""));
  const types = new Set(declared.filter(({ name }) => name.startsWith(`${id}-`)).map(({ type }) => type));
  return { plan, points, jobs, commands, order, types: [...types].sort() };
}

test("there is a Job and a collector for each point, of names that tell block and workers", async (t) => {
  const { jobs, commands } = await studied();
  const names = ["1-1", "1-2", "1-3", "2-1", "2-2", "2-3"];
  t.deepEqual(Object.keys(jobs).sort(), names);
  t.deepEqual(Object.keys(commands).sort(), names);
  t.deepEqual(
    names.map((name) => jobs[name].metadata.name),
    names.map((name) => `pi-job-study${name}`),
  );
});

test("points follow each other in the order of the plan, never two at once", async (t) => {
  const { plan, order } = await studied({ run: "another" });
  t.deepEqual(
    order,
    plan.flatMap(({ block, workers }) =>
      ["Job", "Command"].flatMap((kind) => [`begin ${kind} ${block}-${workers}`, `end ${kind} ${block}-${workers}`]),
    ),
  );
});

test("a point runs on its own workers and no others, by their names", async (t) => {
  const { jobs } = await studied({ workers: ["c", "a", "b"] });
  const nodesOf = (name: string) => pinnedTo(jobs[name]);
  // Nested, in the order of the stack's workers.
  t.deepEqual([nodesOf("1-1"), nodesOf("1-2"), nodesOf("1-3")], [["c"], ["a", "c"], ["a", "b", "c"]]);
  t.deepEqual(
    [1, 2, 3].map((workers) => jobs[`2-${workers}`].spec.completions),
    [1, 2, 3],
  );
});

test("a study is Jobs and collectors and nothing else: no node gets a label for it", async (t) => {
  const { types } = await studied();
  t.deepEqual(types, [
    "command:local:Command",
    "kubernetes:batch/v1:Job",
    "pi-speedup:measurement:Collector",
    "pi-speedup:workload:PiJob",
  ]);
});

test("plan and point are noted on each Job", async (t) => {
  const { jobs, plan } = await studied();
  for (const { block, position, workers } of plan) {
    const { annotations } = jobs[`${block}-${workers}`].metadata;
    t.regex(annotations["pi-speedup/study"], /^weak, 1,2,3 workers, [0-9a-f]{16}$/);
    t.is(
      annotations["pi-speedup/point"],
      `block ${block}, position ${position}: ${workers} ${workers === 1 ? "worker" : "workers"}`,
    );
  }
});

const samplesOf = (job: { spec: { template: { spec: { containers: [{ args: string[] }] } } } }) =>
  job.spec.template.spec.containers[0].args.find((argument) => argument.startsWith("--samples="));

test("weak: each worker does all of the samples", async (t) => {
  const { jobs } = await studied();
  t.deepEqual(
    [1, 2, 3].map((workers) => samplesOf(jobs[`1-${workers}`])),
    Array(3).fill("--samples=1000001"),
  );
});

test("strong: the workers divide the samples in equal parts, rounded up, and that is what their logs must answer", async (t) => {
  const { jobs, commands } = await studied({ kind: "strong" });
  t.deepEqual(
    [1, 2, 3].map((workers) => samplesOf(jobs[`1-${workers}`])),
    ["--samples=1000001", "--samples=500001", "--samples=333334"],
  );
  t.deepEqual(
    [1, 2, 3].map((workers) => commands[`1-${workers}`].asked.samples),
    [1_000_001, 500_001, 333_334],
  );
});

test("a message before each point gives its number, the total and the source of the remaining time", async (t) => {
  const { plan, commands } = await studied();
  for (const [i, { block, workers }] of plan.entries()) {
    const { announcement, series } = commands[`${block}-${workers}`];
    t.is(
      announcement,
      `Scaling study, point ${i + 1} of 6: ${workers} ${workers === 1 ? "worker" : "workers"}, block ${block} of 2`,
    );
    t.deepEqual(series, {
      left: 6 - i,
      former: plan.slice(0, i).map((point) => `pi-job-study${point.block}-${point.workers}`),
      alike: "pi-job",
    });
  }
});

test("results come in the order of measurement, with each worker's time by its node", async (t) => {
  const { plan, points } = await studied({ run: "x" });
  t.deepEqual(
    points.map(({ workers, block, position }) => [workers, block, position]),
    plan.map(({ workers, block, position }) => [workers, block, position]),
  );
  const three = points.find(({ workers }) => workers === 3);
  // Completion index 0, the fastest, came to node c.
  t.deepEqual(three?.nodes, ["a", "b", "c"]);
  t.deepEqual(
    three?.times.map((time) => time.toFixed(3)),
    ["1.200", "1.100", "1.000"],
  );
  t.is(three?.seconds.toFixed(3), "1.200");
});

test("the same study again is the same resources", async (t) => {
  const [one, other] = [await measured({}), await studied()];
  t.deepEqual(one.jobs, other.jobs);
  t.deepEqual(one.commands, other.commands);
});

test("more blocks leave the Jobs of existing blocks unchanged", async (t) => {
  const [two, three] = [await studied({ repeats: 2 }), await studied({ repeats: 3 })];
  for (const [name, job] of Object.entries(two.jobs)) t.deepEqual(three.jobs[name], job, name);
  t.is(Object.keys(three.jobs).length, 9);
});

const changes: [what: string, given: Given][] = [
  ["run", { run: "2" }],
  ["kind, also of one worker, which does the same", { kind: "strong" }],
  ["worker count more", { counts: [1, 2] }],
  ["order of the workers, where it changes a point of the block", { workers: ["a", "c", "b"] }],
  ["node for a worker", { workers: ["a", "b", "d"] }],
  ["number of samples", { workload: { samples: 5000 } }],
  ["image", { workload: { image: "python:3.13-slim" } }],
];
for (const [what, given] of changes) {
  test(`changing the ${what} replaces every Job`, async (t) => {
    const [usually, changed] = [await studied(), await studied(given)];
    for (const [name, job] of Object.entries(changed.jobs)) {
      t.notDeepEqual(job, usually.jobs[name], name);
    }
  });
}

test("a worker that no point uses changes nothing", async (t) => {
  const [two, three] = [
    await studied({ workers: ["a", "b"], counts: [1, 2] }),
    await studied({ workers: ["a", "b", "c"], counts: [1, 2] }),
  ];
  t.deepEqual(two.jobs, three.jobs);
});
