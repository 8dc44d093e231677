// The collector with a thousand pods of a real API server, whose nodes KWOK simulates, against `kubectl logs` as people call it
// for many pods. Fails if a result is missing, if the collector takes too much memory, or if a loop is faster.
//
//   npm run bench -- pods [--workers=N] [--kubernetes=1.34|1.24]
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { collectionSchema } from "../../analysis/records.ts";
import { inspect } from "../../components/cluster/existing/inspect.ts";
import { runTool } from "../../components/host/run-tool.ts";
import { ClusterConfig } from "../../components/kubernetes/cluster-config.ts";
import { watchPods } from "../../components/measurement/collector/pod-watch.ts";
import { jobSpec } from "../../components/workload/job-spec.ts";
import { logOf } from "../helpers/fake-cluster.ts";
import { memoryIn, tellMemory } from "../helpers/peak-memory.ts";
import { kubernetesVersions, startSimulatedCluster } from "./simulated-cluster.ts";

const { values } = parseArgs({
  options: { workers: { type: "string", default: "1000" }, kubernetes: { type: "string", default: "1.34" } },
});
const workers = v.parse(v.pipe(v.string(), v.digits(), v.transform(Number), v.minValue(1)), values.workers);
const version = v.parse(v.picklist(kubernetesVersions), values.kubernetes);
/** MiB, as for five times as many in the unit test. */
const mostMemory = 512;
/** Seconds. On two cores, the scheduler places about twenty pods per second. The first must still run when the last is placed. */
const podSeconds = 20 + workers / 8;
/** The number of logs that the parallel loop reads at once, as in the collector. */
const atOnce = 32;
const [namespace, job] = ["pi-workload", "pi-calculation-job"];
const nodeSelector = { role: "worker" };
const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };

const nodeOf = new Map<string, string>();
const log = (pod: string) => {
  const [, index] = /-(\d+)-[^-]+$/.exec(pod) ?? [];
  return logOf(Number(index), nodeOf.get(pod));
};
const cluster = await startSimulatedCluster({ log, podSeconds, version });
const ended = new AbortController();
try {
  const nodes = Array.from({ length: workers }, (_, i) => `node-${i}`);
  await cluster.kubectl(
    ["create", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: nodes.map(nodeNamed) }),
  );
  // Not by `kubectl wait`, which asks for one after the other.
  const ready = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  while ((await cluster.kubectl(["get", "nodes", "-o", `jsonpath=${ready}`])).split("True").length <= workers)
    await sleep(1_000);
  const inspected = await timed(() =>
    inspect(
      { kubeconfig: cluster.kubeconfig, server: "", whose: "of the benchmark", remedy: "" },
      {
        ...{ workers: [], stackValue: "bench", namespace, createNamespace: true, jobs: () => [job] },
        recorded: { uids: new Set(), stackValue: undefined },
      },
    ),
  );
  const found = inspected.result.workers.length;
  console.log(
    `${workers} pods, ${JSON.parse(await cluster.kubectl(["get", "--raw", "/version"])).gitVersion}; the nodes are inspected in ${inspected.seconds.toFixed(1)} s, and ${found} of them can work`,
  );
  if (found !== workers) process.exitCode = 1;
  await cluster.kubectl(["create", "namespace", namespace]);
  const workload = { image: "python:3.9-slim", ...asked, timeout: 1_000 };
  const spec = jobSpec({ workers: nodes, nodeSelector, workload, run: "1" });
  const body = { apiVersion: "batch/v1", kind: "Job", metadata: { name: job, namespace }, spec };
  await cluster.kubectl(["create", "-f", "-"], JSON.stringify(body));
  const uid = await cluster.kubectl(["get", "job", "-n", namespace, job, "-o", "jsonpath={.metadata.uid}"]);
  const config = new ClusterConfig(cluster.kubeconfig);
  const labelSelector = `job-name=${job}`;
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

  const settings = { kubeconfig: cluster.kubeconfig, namespace, job, uid, workers, asked };
  tell(`the collector, from the release on (each pod runs for ${podSeconds.toFixed(0)} s)`, await collected(settings));
  const ours = await collected(settings);
  tell("the collector, where all have ended", ours);
  const pods = [...nodeOf.keys()].sort();
  const kubectl = cluster.kubectlCommand.map((each) => `'${each}'`).join(" ");
  const logs = `${kubectl} logs -n ${namespace}`;
  const ways: [what: string, script: string][] = [
    ["`kubectl logs POD`, one after the other", `for pod in "$@"; do ${logs} "$pod"; done`],
    [`\`xargs -P ${atOnce} -n 1 kubectl logs\``, `printf '%s\\n' "$@" | xargs -P ${atOnce} -n 1 ${logs}`],
    ["`kubectl logs --selector`, one call", `${logs} --selector ${labelSelector} --tail=-1`],
  ];
  for (const [i, [what, script]] of ways.entries()) {
    const loop = await looped(script, pods);
    tell(what, loop);
    // One call would not show which log belongs to which pod.
    if (i < 2 && loop.seconds < ours.seconds) process.exitCode = 1;
  }
} finally {
  ended.abort();
  await cluster.stop();
}

interface Reading {
  /** Wall clock. */
  seconds: number;
  /** Processor time of the client in seconds, all its processes together. */
  processor: number;
  /** The number of results. */
  found: number;
  /** MiB, if it is measured. */
  memory?: number;
}

function tell(what: string, { seconds, processor, found, memory }: Reading): void {
  const used = memory === undefined ? "" : `, ${memory.toFixed(0)} MiB`;
  console.log(
    `  ${what}: ${found} of ${workers} results in ${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of processors${used}`,
  );
  if (memory !== undefined && (found !== workers || memory > mostMemory)) process.exitCode = 1;
}

/** A node that has not been seen by anybody yet. */
function nodeNamed(name: string) {
  const labels = { ...nodeSelector, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels } };
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number; processor: number }> {
  const [begun, used] = [performance.now(), processorOfChildren()];
  const result = await work();
  return { result, seconds: (performance.now() - begun) / 1000, processor: processorOfChildren() - used };
}

/** Processor time in seconds of all ended processes that were started here, including their children. */
function processorOfChildren(): number {
  // The process's name comes before, and may contain any character.
  const [, fields = ""] = /\) (.*)$/.exec(readFileSync("/proc/self/stat", "utf8").trim()) ?? [];
  const [user = 0, system = 0] = fields.split(" ").slice(13, 15).map(Number);
  return (user + system) / 100; // ticks of the kernel's interface
}

/** The collector, as Pulumi runs it. */
async function collected(settings: object): Promise<Reading> {
  const { result, ...times } = await timed(async () => {
    const child = spawn("node", [tellMemory, "components/program/main.ts", "collect-results"], { stdio: "pipe" });
    child.stdin.end(JSON.stringify(settings));
    const code = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if ((await code) !== 0) throw new Error(stderr);
    return { stdout, stderr };
  });
  const { nodes } = v.parse(collectionSchema, JSON.parse(result.stdout));
  return { ...times, memory: memoryIn(result.stderr), found: nodes.length };
}

/** A shell loop over all pods. */
async function looped(script: string, pods: readonly string[]): Promise<Reading> {
  const { result, ...times } = await timed(() =>
    runTool("sh", ["-c", script, "sh", ...pods], { seconds: 3_600, most: 100_000_000 }),
  );
  const found = new Set(result.stdout.match(/"record":"pi-speedup\/1","index":\d+/g)).size;
  return { ...times, found };
}
