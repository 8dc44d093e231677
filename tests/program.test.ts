// The program under Pulumi's mocks: which resources it declares, and what depends on what.
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import type { HalfRecord } from "../analysis/single-machine.ts";
import { nodeRecord, runRecord, timelineOf } from "./helpers/example-records.ts";
import { assertWaits, mockProgram } from "./helpers/mocked-program.ts";

const collection = {
  timeline: timelineOf([20, 20, 20], 1_700_000_000),
  nodes: [0, 1, 2].map((index) => nodeRecord({ index, seconds: [4.1, 4.2, 4.3] })),
  logs: ["a", "b", "c"],
};
const half = (seconds: number[]): HalfRecord => ({
  mode: "docker",
  elapsed: 10,
  digest: "sha256:a",
  ...runRecord({ seconds }),
});
const results: Record<string, unknown> = {
  identity: "the identity",
  cluster: "the kubeconfig",
  image: null,
  "baseline-before": half([1.9, 2]),
  "baseline-after": half([2.1]),
  collector: collection,
};
const job = "kubernetes:batch/v1:Job pi";
const command = (name: string) => `command:local:Command ${name}`;
const order: [earlier: string, later: string][] = [
  [command("image"), command("baseline-before")],
  [command("baseline-before"), job],
  [job, command("collector")],
  [command("collector"), command("baseline-after")],
];
const { declared, steps } = mockProgram({
  resultOf: (name) => results[name],
  awaited: order.map(([earlier]) => earlier),
  config: { require: '["throughputSpeedup >= 0.1","overhead<=1000"]' },
});
const program = await import("../index.ts");

const settled = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => {
    output.apply((value) => resolve(value));
  });
const find = (type: string, name: string) => declared.find((each) => each.type === type && each.name === name);

test("every worker is labelled for the role and for this stack, on a node of the cluster", async (t) => {
  await settled(program.summary);
  const patches = declared.filter(({ type }) => type === "kubernetes:core/v1:NodePatch");
  t.is(patches.length, 3);
  for (const { inputs } of patches) {
    t.like(inputs, { metadata: { labels: { role: "worker" } } });
    t.regex(JSON.stringify(inputs), /"name":"k3d-pi-speedup-[0-9a-f]{8}-agent-[012]"/);
    t.regex(JSON.stringify(inputs), /"pi-speedup\/stack":"[0-9a-f]{16}"/);
  }
});

test("the namespace enforces the restricted Pod Security standard", async (t) => {
  await settled(program.summary);
  t.like(find("kubernetes:core/v1:Namespace", "pi")?.inputs, {
    metadata: { name: "pi-workload", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
});

test("the namespace has the stack's label, by which a later run recognizes it", async (t) => {
  await settled(program.summary);
  const inputs = JSON.stringify(find("kubernetes:core/v1:Namespace", "pi")?.inputs);
  t.regex(inputs, /"pi-speedup\/stack":"[0-9a-f]{16}"/);
});

test("the collector reads exactly the Job that was created, and is triggered by it", async (t) => {
  await settled(program.summary);
  const collector = find("command:local:Command", "collector");
  t.deepEqual(collector?.inputs.triggers, ["uid-of-pi"]);
  t.like(collector?.inputs, { logging: "stderr", addPreviousOutputInEnv: false });
});

test("a cluster that the stack created is not checked", async (t) => {
  await settled(program.summary);
  t.is(find("kubernetes:batch/v1:Job", "check"), undefined);
  t.not(find("kubernetes:batch/v1:Job", "pi"), undefined);
});

for (const [earlier, later] of order) {
  test(`${later} waits for ${earlier}`, async (t) => {
    await settled(program.summary);
    assertWaits(t, steps, earlier, later);
  });
}

/** Settings of the program behind a Command. */
const settingsOf = (name: string) => JSON.parse(find("command:local:Command", name)?.inputs.stdin as string);

test("two of three rounds are asked for before the Job and one after it, in streams of their own", async (t) => {
  await settled(program.summary);
  const [before, after] = [settingsOf("baseline-before"), settingsOf("baseline-after")];
  t.deepEqual(
    [before.half, after.half],
    [
      { first: 0, count: 2, of: 3 },
      { first: 2, count: 1, of: 3 },
    ],
  );
  for (const argument of ["--rounds=2", "--first-round=0", "--index=single"]) t.true(before.work.includes(argument));
  for (const argument of ["--rounds=1", "--first-round=2", "--index=single"]) t.true(after.work.includes(argument));
});

test("only the first half is checked, and the second knows its result", async (t) => {
  await settled(program.summary);
  const [before, after] = [settingsOf("baseline-before"), settingsOf("baseline-after")];
  t.is(before.former, undefined);
  t.is(before.check.parts, 1000 / 100_000);
  t.is(after.check, undefined);
  t.like(after.former, { digest: "sha256:a" });
});

test("whatever replaces the Job repeats the first half, and the Job itself the second", async (t) => {
  await settled(program.summary);
  const before = find("command:local:Command", "baseline-before")?.inputs.triggers;
  t.like(before, { 0: "1", 1: "pi-calculation-job", 2: "pi-workload", 4: "id-of-cluster" });
  t.regex(JSON.stringify(before), /-agent-0,\S+-agent-1,\S+-agent-2/);
  t.deepEqual(find("command:local:Command", "baseline-after")?.inputs.triggers, ["uid-of-pi"]);
});

test("the output `baseline` is one record of both halves", async (t) => {
  const baseline = await settled(program.baseline);
  t.like(baseline, { mode: "docker", elapsed: 20, samples: 3_000_000 });
  t.deepEqual("rounds" in baseline && baseline.rounds.map(({ part, seconds }) => [part, seconds]), [
    ["before", 1.9],
    ["before", 2],
    ["after", 2.1],
  ]);
});

test("no command line contains an absolute path, a setting or a secret", async (t) => {
  await settled(program.summary);
  const commands = declared.filter(({ type }) => type === "command:local:Command");
  t.is(commands.length, 6);
  for (const { inputs } of commands) {
    for (const line of [inputs.create, inputs.update, inputs.delete].filter((each) => each !== undefined)) {
      t.regex(String(line), /^exec node components\/program\/main\.ts [a-z]+-[a-z]+$/);
    }
  }
});

test("no command's input changes with the folder's path, other than by the cluster's name", async (t) => {
  await settled(program.summary);
  for (const { type, inputs } of declared) {
    if (type === "command:local:Command") t.false(JSON.stringify(inputs).includes(process.cwd()));
  }
});

test("what tells the state's cluster from others is drawn once, and changes no trigger: a former state's cluster stays", async (t) => {
  await settled(program.summary);
  const cluster = find("command:local:Command", "cluster")?.inputs;
  t.is(settingsOf("cluster").identity, "the identity");
  const { identity: _, ...former } = settingsOf("cluster");
  // The exact text in states of the previous release.
  t.deepEqual(cluster?.triggers, [JSON.stringify(former)]);
  t.deepEqual(Object.keys(former), ["name", "stack", "agents", "nodeImage"]);
  t.is(former.nodeImage, "rancher/k3s:v1.34.2-k3s1");
});

test("the kubeconfig is secret, the results are not", async (t) => {
  t.true(await pulumi.isSecret(program.kubeconfig));
  const { metrics, nodes, logs, baseline, timeline, workload, summary, readme } = program;
  t.false(await pulumi.isSecret(pulumi.output([metrics, nodes, logs, baseline, timeline, workload, summary, readme])));
});

test("logs and nodes are ordered by completion index", async (t) => {
  t.deepEqual(await settled(program.logs), ["a", "b", "c"]);
  t.deepEqual(
    (await settled(program.nodes)).map(({ node }) => node),
    ["pi-0", "pi-1", "pi-2"],
  );
});

test("without a study the output is null", async (t) => {
  await settled(program.summary);
  t.is(program.scaling, null);
  t.false(declared.some(({ type, name }) => type.endsWith(":Study") || name.startsWith("study")));
});

test("everything else that a report needs is an output too", async (t) => {
  t.deepEqual(await settled(program.timeline), collection.timeline);
  t.like(program.workload, { image: "python:3.9-slim", samples: 1000, rounds: 3 });
});

test("the verdicts on the conditions are an output, in their order", async (t) => {
  const requirements = await settled(program.requirements);
  t.deepEqual(
    requirements.map(({ text }) => text),
    ["throughputSpeedup >= 0.1", "overhead <= 1000"],
  );
  t.false(await pulumi.isSecret(program.requirements));
});

test("the page for Pulumi Cloud and the summary show the same measurement", async (t) => {
  t.regex(await settled(program.readme), /^# π on 3 workers\n/);
  t.regex(await settled(program.summary), /^π on 3 workers /);
});
