// The program under Pulumi's mocks on a cluster that the stack has not made: what comes first there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { exampleConfig } from "./helpers/example-config.ts";
import { nodeRecord, timelineOf } from "./helpers/example-records.ts";
import { type FakeApiServer, startFakeApiServer } from "./helpers/fake-api-server.ts";

/** When each resource that is none of the components was begun, and when it was there. */
const steps: string[] = [];
const collection = {
  timeline: timelineOf([20, 20], 1_700_000_000),
  nodes: [0, 1].map((index) => nodeRecord({ index, seconds: [4.1, 4.2, 4.3] })),
  logs: ["a", "b"],
};
pulumi.runtime.setMocks(
  {
    newResource: async ({ type, name, inputs }) => {
      const custom = !type.startsWith("pi-speedup:");
      if (custom) steps.push(`begin ${type} ${name}`);
      // Long enough for whatever does not wait for it to begin meanwhile.
      await sleep(20);
      if (custom) steps.push(`end ${type} ${name}`);
      const metadata = { ...inputs.metadata, uid: `uid-of-${name}` };
      return { id: `id-of-${name}`, state: { ...inputs, metadata, stdout: JSON.stringify(collection) } };
    },
    // The engine's answer on a stack that has made nothing yet.
    call: () => ({ outputs: {} }),
  },
  "pi-speedup",
  "dev",
  false,
  "organization",
);

const nodes = ["gray", "blue"].map((name) => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status: "True" }], allocatable: { pods: "110", cpu: "4", memory: "1Gi" } },
}));
const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
let server: FakeApiServer;

test.before("the program has declared its resources", async () => {
  server = await startFakeApiServer();
  server.put("/api/v1/namespaces/kube-system", { metadata: { name: "kube-system" } });
  server.put("/api/v1/nodes", { kind: "NodeList", items: nodes });
  const kubeconfig = join(folder, "config");
  writeFileSync(kubeconfig, server.kubeconfig);
  // Given seconds are no resource, so that the check is all that the Job can have waited for.
  const config = { ...exampleConfig, cluster: "kubeconfig", kubeconfig, baseline: "1.52" };
  const keys = Object.entries(config).map(([key, value]) => [`pi-speedup:${key}`, value]);
  pulumi.runtime.setAllConfig(Object.fromEntries(keys));
  const { logs } = await import("../index.ts");
  await new Promise((resolve) => {
    logs.apply(resolve);
  });
});

test.after.always("the cluster is gone", async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const check = { job: "kubernetes:batch/v1:Job check", collector: "command:local:Command check" };
const order: [earlier: string, later: string][] = [
  ["kubernetes:core/v1:NodePatch worker-blue", check.job],
  [check.job, check.collector],
  [check.collector, "kubernetes:batch/v1:Job pi"],
];
for (const [earlier, later] of order) {
  test(`${later} waits for ${earlier}`, (t) => {
    const [end, begin] = [steps.indexOf(`end ${earlier}`), steps.indexOf(`begin ${later}`)];
    t.true(end >= 0 && end < begin, steps.join("\n"));
  });
}
