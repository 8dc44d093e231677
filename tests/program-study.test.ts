// The program with a scaling study, under Pulumi's mocks: when it is measured, and its results.
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { studyPlan } from "../analysis/scaling/plan.ts";
import type { Scaling } from "../analysis/scaling/study-records.ts";
import { agentNodes, clusterNameFor } from "../components/cluster/embedded/names.ts";
import { nodeRecord, runRecord, timelineOf } from "./helpers/example-records.ts";
import { assertWaits, mockProgram } from "./helpers/mocked-program.ts";

const workers = agentNodes(clusterNameFor("dev", process.cwd()), 3);

/** What the collector of the Job, or of a point of the study, finds. */
const collectionOf = (name: string) => {
  const nodes = workers.slice(0, Number(/^study-\d+-(\d+)$/.exec(name)?.[1] ?? 3));
  return {
    timeline: timelineOf(
      nodes.map(() => 20),
      1_700_000_000,
    ),
    nodes: nodes.map((node, index) => ({ ...nodeRecord({ index, seconds: [4.1, 4.2, 4.3] }), node })),
    logs: nodes,
  };
};
const half = { mode: "docker", elapsed: 10, digest: "sha256:a", ...runRecord({ seconds: [1.9, 2] }) };
const results: Record<string, unknown> = {
  cluster: "the kubeconfig",
  identity: "the identity",
  image: null,
  "baseline-before": half,
  "baseline-after": half,
};

const points = studyPlan(workers, [1, 3], 2, "1").map(({ block, workers: count }) => `study-${block}-${count}`);
const inOrder = [
  "command:local:Command baseline-after",
  ...points.flatMap((name) => [`kubernetes:batch/v1:Job ${name}`, `command:local:Command ${name}`]),
];
const { steps } = mockProgram({
  resultOf: (name) => (name in results ? results[name] : collectionOf(name)),
  awaited: inOrder,
  config: { rounds: "4", study: "1,3", scaling: "strong", samples: "3000", studyRepeats: "2" },
});
let scaling: Scaling | null;

test.before("the program has measured its study", async () => {
  const program = await import("../index.ts");
  scaling = await new Promise<Scaling | null>((resolve) => {
    pulumi.output(program.scaling).apply((value) => resolve(value));
  });
});

test("every point of the plan comes out, with its nodes in the order of the workers", (t) => {
  t.is(scaling?.kind, "strong");
  t.deepEqual(
    scaling?.points.map(({ workers: count, block, position, nodes }) => ({ workers: count, block, position, nodes })),
    studyPlan(workers, [1, 3], 2, "1"),
  );
});

test("a study that no law fits says why", (t) => {
  t.is(scaling?.law, null);
  t.regex(scaling?.reason ?? "", /worker counts/);
});

test("it begins once the second half of the single machine is measured, and its points follow each other", (t) => {
  for (const [i, later] of inOrder.entries()) {
    if (i > 0) assertWaits(t, steps, `${inOrder[i - 1]}`, later);
  }
});
