// The collector with thousands of pods. In its own file, and thus its own process, because the server is busy for
// seconds, which would exceed the deadlines of other tests.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import test from "ava";
import * as v from "valibot";
import { collectionSchema } from "../../../../analysis/records.ts";
import { containerIn, jobName, logOf, namespace, podOf, startFakeCluster } from "../../../helpers/fake-cluster.ts";
import { memoryIn, tellMemory } from "../../../helpers/peak-memory.ts";
import { thorough } from "../../../helpers/thorough.ts";

const running = { phase: "Running", containerStatuses: containerIn({ running: {} }) };

/** A pod with all that Kubernetes keeps of it: the program, and who has written which of its fields. */
function wholePod(index: number, status: V1Pod["status"]): V1Pod {
  const pod = podOf(index, status);
  const fieldsV1 = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f:field-${i}`, { "f:value": {} }]));
  const managedFields = ["kube-controller-manager", "kubelet"].map((manager) => ({ manager, fieldsV1 }));
  const args = ["-c", program, "1000000"];
  const containers = [{ name: "pi-calculator", image: "python:3.9-slim", command: ["python3"], args }];
  return {
    ...pod,
    metadata: { ...pod.metadata, managedFields },
    spec: { ...pod.spec, containers },
  };
}
const program = readFileSync("components/workload/pi.py", "utf8");

/** MiB. The limit for this many workers, so that a small machine can run the collector. */
const mostMemory = 512;

const workers = thorough ? 5_000 : 300;

test(`${workers} workers give their records in little memory, page by page, and few logs are read at once`, async (t) => {
  t.timeout(120_000);
  const cluster = await startFakeCluster();
  t.teardown(() => cluster.stop());
  for (let index = 0; index < workers; index++) cluster.put(wholePod(index, running));
  const child = spawn("node", [tellMemory, "components/program/main.ts", "collect-results"], { stdio: "pipe" });
  const { kubeconfig, uid } = cluster;
  const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };
  child.stdin.end(JSON.stringify({ kubeconfig, namespace, job: jobName, uid, workers, asked }));
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  while (cluster.job?.spec?.suspend !== false && child.exitCode === null) await sleep(10);
  for (let index = 0; index < workers; index++) {
    cluster.logs.set(`${jobName}-${index}-abcde`, logOf(index));
    cluster.put(wholePod(index, { ...running, phase: "Succeeded" }));
    if (index % 50 === 0) await sleep(10);
  }
  const [stdout, stderr] = await printed;
  t.is(child.exitCode ?? 0, 0, stderr);
  const { nodes, logs } = v.parse(collectionSchema, JSON.parse(stdout));
  t.is(nodes.length, workers);
  t.true(nodes.every(({ node }, index) => node === `node-${index}`));
  t.is(logs.length, workers);
  t.is(cluster.largestPage, 100);
  t.true(cluster.logsAtOnce <= 32, `${cluster.logsAtOnce} logs at once`);
  const memory = memoryIn(stderr);
  t.log(`${memory.toFixed(0)} MiB, ${(stdout.length / workers).toFixed(0)} characters for each worker`);
  t.true(memory <= mostMemory, `${memory} MiB`);
});
