// The program under Pulumi's mocks on a cluster that the stack did not create: what comes first there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { nodeRecord, timelineOf } from "./helpers/example-records.ts";
import { type FakeApiServer, startFakeApiServer } from "./helpers/fake-api-server.ts";
import { assertWaits, mockProgram } from "./helpers/mocked-program.ts";

const collection = {
  timeline: timelineOf([20, 20], 1_700_000_000),
  nodes: [0, 1].map((index) => nodeRecord({ index, seconds: [4.1, 4.2, 4.3] })),
  logs: ["a", "b"],
};
const nodes = ["gray", "blue"].map((name) => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status: "True" }], allocatable: { pods: "110", cpu: "4", memory: "1Gi" } },
}));
const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
const kubeconfig = join(folder, "config");
const check = { job: "kubernetes:batch/v1:Job check", collector: "command:local:Command check" };
const order: [earlier: string, later: string][] = [
  ["kubernetes:core/v1:NodePatch worker-blue", check.job],
  [check.job, check.collector],
  [check.collector, "kubernetes:batch/v1:Job pi"],
];
const { steps } = mockProgram({
  resultOf: () => collection,
  // The engine's answer on a stack that has made nothing yet.
  call: () => ({ outputs: {} }),
  organization: "organization",
  awaited: order.map(([earlier]) => earlier),
  // Given seconds are no resource, so that the check is all that the Job can have waited for.
  config: { cluster: "kubeconfig", kubeconfig, baseline: "1.52" },
});
let server: FakeApiServer;

test.before("the program has declared its resources", async () => {
  server = await startFakeApiServer();
  server.put("/api/v1/namespaces/kube-system", { metadata: { name: "kube-system" } });
  server.put("/api/v1/nodes", { kind: "NodeList", items: nodes });
  writeFileSync(kubeconfig, server.kubeconfig);
  const { logs } = await import("../index.ts");
  await new Promise((resolve) => {
    logs.apply(resolve);
  });
});

test.after.always("the cluster is gone", async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

for (const [earlier, later] of order) {
  test(`${later} waits for ${earlier}`, (t) => {
    assertWaits(t, steps, earlier, later);
  });
}
