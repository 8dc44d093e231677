// The program under Pulumi's mocks: which resources it declares, and what depends on what.
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { baselineRecord, nodeRecord } from "./helpers/example-records.ts";

interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}
const declared: Declared[] = [];

const collection = {
  timeline: {
    created: 1_700_000_000,
    pods: [0, 1, 2].map((index) => ({ index, scheduled: null, started: null, finished: null, pull: 0 })),
  },
  nodes: [0, 1, 2].map((index) => nodeRecord({ index, seconds: [4.1, 4.2, 4.3] })),
  logs: ["a", "b", "c"],
};
const stdouts: Record<string, string> = {
  cluster: JSON.stringify("the kubeconfig"),
  image: "null",
  baseline: JSON.stringify(baselineRecord([1.9, 2, 2.1])),
  collector: JSON.stringify(collection),
};

pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs }) => {
      declared.push({ type, name, inputs });
      const metadata = { ...inputs.metadata, uid: `uid-of-${name}` };
      return { id: `id-of-${name}`, state: { ...inputs, ...(inputs.metadata && { metadata }), stdout: stdouts[name] } };
    },
    call: ({ inputs }) => inputs,
  },
  "pi-speedup",
  "dev",
);
pulumi.runtime.setAllConfig(
  Object.fromEntries(
    Object.entries({
      cluster: "embedded",
      agents: "3",
      kubeconfig: "",
      context: "",
      master: "",
      masterAddress: "",
      workers: "[]",
      namespace: "pi-workload",
      job: "pi-calculation-job",
      image: "python:3.9-slim",
      samples: "1000",
      rounds: "3",
      processes: "1",
      seed: "",
      baseline: "docker",
      run: "1",
      timeout: "600",
    }).map(([key, value]) => [`pi-speedup:${key}`, value]),
  ),
);
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

test("the namespace bears the stack's label, by which a later run knows it for its own", async (t) => {
  await settled(program.summary);
  const inputs = JSON.stringify(find("kubernetes:core/v1:Namespace", "pi")?.inputs);
  t.regex(inputs, /"pi-speedup\/stack":"[0-9a-f]{16}"/);
});

test("the collector reads the very Job that was made, and is triggered by it", async (t) => {
  await settled(program.summary);
  const collector = find("command:local:Command", "collector");
  t.deepEqual(collector?.inputs.triggers, ["uid-of-pi"]);
  t.like(collector?.inputs, { logging: "stderr", addPreviousOutputInEnv: false });
});

test("no command holds an absolute path, a setting or a secret on its command line", async (t) => {
  await settled(program.summary);
  const commands = declared.filter(({ type }) => type === "command:local:Command");
  t.is(commands.length, 4);
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

test("the kubeconfig is a secret, what was measured is not", async (t) => {
  t.true(await pulumi.isSecret(program.kubeconfig));
  const { metrics, nodes, logs, baseline, timeline, workload, summary, readme } = program;
  t.false(await pulumi.isSecret(pulumi.output([metrics, nodes, logs, baseline, timeline, workload, summary, readme])));
});

test("logs and nodes come out by completion index", async (t) => {
  t.deepEqual(await settled(program.logs), ["a", "b", "c"]);
  t.deepEqual(
    (await settled(program.nodes)).map(({ node }) => node),
    ["pi-0", "pi-1", "pi-2"],
  );
});

test("what a report needs besides the records is an output too", async (t) => {
  t.deepEqual(await settled(program.timeline), collection.timeline);
  t.like(program.workload, { image: "python:3.9-slim", samples: 1000, rounds: 3 });
});

test("the page for Pulumi Cloud and the summary are of one measurement", async (t) => {
  t.regex(await settled(program.readme), /^# π on 3 workers\n/);
  t.regex(await settled(program.summary), /^π on 3 workers /);
});
