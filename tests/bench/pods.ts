// The collector with a thousand pods of a real API server, whose nodes KWOK simulates, against `kubectl logs` in a
// loop. Fails if a result is missing, if it takes too much memory, or if the loop is faster.
//
// Not yet part of `npm run bench`: KWOK ends pods at once, and an ended pod no longer keeps others off its node. So two
// of a thousand meet on one node, and the collector refuses them. KWOK needs a stage that lets pods run until all are
// placed.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { collectionSchema } from "../../analysis/records.ts";
import { ClusterConfig } from "../../components/kubernetes/cluster-config.ts";
import { watchPods } from "../../components/measurement/collector/pod-watch.ts";
import { jobSpec } from "../../components/workload/job-spec.ts";
import { logOf } from "../helpers/fake-cluster.ts";
import { memoryIn, tellMemory } from "../helpers/peak-memory.ts";
import { startSimulatedCluster } from "./simulated-cluster.ts";

const workers = Number(process.argv[2] ?? 1_000);
/** Pods whose logs the loop reads: each costs it the same. */
const looped = Math.min(workers, 100);
/** MiB, as for five times as many in the unit test. */
const mostMemory = 512;
const [namespace, job] = ["pi-workload", "pi-calculation-job"];
const nodeSelector = { role: "worker" };
const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };

const nodeOf = new Map<string, string>();
const cluster = await startSimulatedCluster((pod) => {
  const [, index] = /-(\d+)-[^-]+$/.exec(pod) ?? [];
  return logOf(Number(index), nodeOf.get(pod));
});
const ended = new AbortController();
try {
  const nodes = Array.from({ length: workers }, (_, i) => `node-${i}`);
  await cluster.kubectl(
    ["create", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: nodes.map(nodeNamed) }),
  );
  await cluster.kubectl(["create", "namespace", namespace]);
  // Not by `kubectl wait`, which asks for one after the other.
  const ready = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  while ((await cluster.kubectl(["get", "nodes", "-o", `jsonpath=${ready}`])).split("True").length <= workers)
    await sleep(1_000);
  const workload = { image: "python:3.9-slim", ...asked, timeout: 1_000 };
  const spec = jobSpec({ workers: nodes, nodeSelector, workload, run: "1" });
  const body = { apiVersion: "batch/v1", kind: "Job", metadata: { name: job, namespace }, spec };
  await cluster.kubectl(["create", "-f", "-"], JSON.stringify(body));
  const uid = await cluster.kubectl(["get", "job", "-n", namespace, job, "-o", "jsonpath={.metadata.uid}"]);
  const config = new ClusterConfig(cluster.kubeconfig);
  const labelSelector = `batch.kubernetes.io/controller-uid=${uid}`;
  const noteNode = ({ name, node }: { name: string; node: string | undefined }) => {
    if (node !== undefined) nodeOf.set(name, node);
  };
  const { signal } = ended;
  // Which node a pod is on, as its kubelet would know.
  const watching = {
    config,
    namespace,
    labelSelector,
    signal,
    onListed: () => {},
    onChange: noteNode,
    onGone: () => {},
  };
  watchPods(watching).catch(() => {});

  console.log(`${workers} pods of a real API server: collected from the release on, and again when all have ended`);
  const settings = { kubeconfig: cluster.kubeconfig, namespace, job, uid, workers, asked };
  const whole = await collected(settings);
  const again = await collected(settings);
  const begun = performance.now();
  const names = [...nodeOf.keys()].slice(0, looped);
  for (const name of names) await cluster.kubectl(["logs", "-n", namespace, name]);
  const loop = ((performance.now() - begun) / 1000 / names.length) * workers;
  for (const [what, { seconds, memory, found, characters }] of [
    ["from the release on", whole],
    ["logs alone", again],
  ] as const) {
    console.log(
      `  ${what}: ${found} of ${workers} results in ${seconds.toFixed(1)} s, ${memory.toFixed(0)} MiB, ${(characters / workers).toFixed(0)} characters for each`,
    );
    if (found !== workers || memory > mostMemory) process.exitCode = 1;
  }
  console.log(
    `  \`kubectl logs\` in a loop: ${loop.toFixed(1)} s (${looped} logs, times ${(workers / looped).toFixed(0)}), ${(loop / again.seconds).toFixed(1)} times as long`,
  );
  if (loop < again.seconds) process.exitCode = 1;
} finally {
  ended.abort();
  await cluster.stop();
}

/** A node that has not been seen by anybody yet. */
function nodeNamed(name: string) {
  const labels = { ...nodeSelector, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels } };
}

/** The collector, as Pulumi runs it. */
async function collected(settings: object) {
  const begun = performance.now();
  const child = spawn("node", [tellMemory, "components/program/main.ts", "collect-results"], { stdio: "pipe" });
  child.stdin.end(JSON.stringify(settings));
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if ((await code) !== 0) throw new Error(stderr);
  const seconds = (performance.now() - begun) / 1000;
  const { nodes } = v.parse(collectionSchema, JSON.parse(stdout));
  return { seconds, memory: memoryIn(stderr), found: nodes.length, characters: stdout.length };
}
