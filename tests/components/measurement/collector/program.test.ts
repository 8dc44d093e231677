// The collector against an API server in memory: as a process, like in Pulumi, if its memory or a real signal matters,
// otherwise in this process.
import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import test, { type ExecutionContext } from "ava";
import * as v from "valibot";
import { Failure } from "../../../../analysis/failure.js";
import { type Collection, collectionSchema } from "../../../../analysis/records.ts";
import { timing } from "../../../../components/kubernetes/requests.ts";
import { patience } from "../../../../components/measurement/collector/pod-creation.ts";
import { collect } from "../../../../components/measurement/collector/program.ts";
import { annotationLimit, Stopwatch } from "../../../../components/measurement/collector/stopwatch.ts";
import { runProgram } from "../../../../components/program/run-program.ts";
import { nodeRecord } from "../../../helpers/example-records.ts";
import {
  containerIn,
  type FakeCluster,
  jobName,
  logOf,
  namespace,
  podOf,
  startFakeCluster,
} from "../../../helpers/fake-cluster.ts";
import { assertFault } from "../../../helpers/faults.ts";
import { memoryIn, tellMemory } from "../../../helpers/peak-memory.ts";
import { versions } from "../../../helpers/pods-of-versions.ts";
import { thorough } from "../../../helpers/thorough.ts";

// The server is on this machine, and answers at once.
timing.pause = 100;

/** What the logs of the fake cluster are the answer to. */
const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What happens to a cluster once its pods have been listed. */
type Meanwhile = () => Promise<void> | void;

async function happens(cluster: FakeCluster, meanwhile: Meanwhile | undefined): Promise<void> {
  if (meanwhile === undefined) return;
  while (!cluster.requests.some((path) => path.endsWith("/pods"))) await sleep(10);
  await sleep(100);
  await meanwhile();
}

const settingsFor = ({ kubeconfig, uid }: FakeCluster, workers: number) => ({
  kubeconfig,
  namespace,
  job: jobName,
  uid,
  workers,
  asked,
});

/** The program, as Pulumi runs it. */
async function collectAsProcess(
  cluster: FakeCluster,
  workers: number,
  meanwhile?: Meanwhile,
  options: readonly string[] = [],
  started: (child: ChildProcess) => void = () => {},
): Promise<Ended> {
  const child = spawn("node", [...options, "components/program/main.ts", "collect-results"], { stdio: "pipe" });
  child.stdin.end(JSON.stringify(settingsFor(cluster, workers)));
  started(child);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  await happens(cluster, meanwhile);
  const [stdout, stderr] = await printed;
  return { code: await ended, stdout, stderr };
}

/** What this returns, and what is written to stderr meanwhile. Only for tests that run alone. */
async function heard<T>(work: () => Promise<T>): Promise<{ result: T; stderr: string }> {
  const write = process.stderr.write;
  let stderr = "";
  process.stderr.write = (chunk: string | Uint8Array) => {
    stderr += chunk;
    return true;
  };
  try {
    const result = await work();
    return { result, stderr };
  } finally {
    process.stderr.write = write;
  }
}

/** The same program, without a process of its own. Only for tests that run alone. */
async function collectHere(cluster: FakeCluster, workers: number, meanwhile?: Meanwhile): Promise<Ended> {
  const { result, stderr } = await heard(async () => {
    const ended = runProgram("collect-results", async () => JSON.stringify(settingsFor(cluster, workers)));
    const [result] = await Promise.all([ended, happens(cluster, meanwhile)]);
    return result;
  });
  return { ...result, stderr };
}

/** What it collects. */
async function run(cluster: FakeCluster, workers: number, meanwhile?: Meanwhile): Promise<Collection> {
  const collected = collect(settingsFor(cluster, workers));
  const [result] = await Promise.all([collected, happens(cluster, meanwhile)]);
  return result;
}

/** A cluster with pods of these states, that is gone when the test ends. */
async function clusterWith(t: ExecutionContext, ...statuses: (V1Pod["status"] | "succeeded")[]): Promise<FakeCluster> {
  const cluster = await startFakeCluster();
  t.teardown(() => cluster.stop());
  for (const [index, status] of statuses.entries()) {
    if (status === "succeeded") cluster.succeed(index);
    else cluster.put(podOf(index, status));
  }
  return cluster;
}

function results(t: ExecutionContext, { code, stdout, stderr }: Ended): Collection {
  t.is(code, 0, stderr);
  return v.parse(collectionSchema, JSON.parse(stdout));
}

/** Asserts that nothing was collected, for this reason. */
async function fails(t: ExecutionContext, fault: string, collected: Promise<Collection>): Promise<string> {
  const { message } = await t.throwsAsync(collected, { instanceOf: Failure });
  assertFault(t, fault, message);
  return message;
}

const running = { phase: "Running", containerStatuses: containerIn({ running: {} }) };
const crashed = {
  phase: "Failed",
  containerStatuses: containerIn({ terminated: { exitCode: 3, reason: "Error" } }),
};

test.serial("one worker gives one record", async (t) => {
  const cluster = await clusterWith(t, "succeeded");
  const { nodes, logs, timeline } = results(t, await collectHere(cluster, 1));
  t.is(nodes.length, 1);
  t.like(nodes[0], { node: "node-0", pod: `${jobName}-0-abcde`, index: 0 });
  t.is(logs[0], "Node node-0: π ≈ 3.141200, Time: 1.10s");
  t.true(Math.abs((timeline.released ?? 0) - Date.now() / 1000) < 60, "released a moment ago");
});

test.serial(
  "a hundred workers give their records by index, few logs are read at once, and few lines tell of it",
  async (t) => {
    const cluster = await clusterWith(t, ...Array.from({ length: 100 }, () => running));
    const ended = await collectHere(cluster, 100, () => {
      for (let index = 99; index >= 0; index--) cluster.succeed(index);
    });
    const { nodes } = results(t, ended);
    t.deepEqual(
      nodes.map(({ node }) => node),
      Array.from({ length: 100 }, (_, index) => `node-${index}`),
    );
    t.true(cluster.logsAtOnce <= 32, `${cluster.logsAtOnce} logs at once`);
    t.true(cluster.logsAtOnce > 1);
    const lines = ended.stderr.trim().split("\n");
    t.true(lines.length < 20, `${lines.length} lines`);
    t.is(lines.at(-1), "100/100 workers done");
  },
);

// It writes 210 MB.
if (thorough) {
  test("the memory that is needed does not grow with the sum of the logs", async (t) => {
    const cluster = await clusterWith(t, ...Array.from({ length: 60 }, () => "succeeded" as const));
    const noise = `${"x".repeat(3_500_000)}\n`;
    for (const [name, log] of cluster.logs) cluster.logs.set(name, `${noise}${log}`);
    const ended = await collectAsProcess(cluster, 60, undefined, [tellMemory]);
    t.is(results(t, ended).nodes.length, 60);
    const memory = memoryIn(ended.stderr);
    t.log(`${memory} MiB`);
    t.true(memory < 450, `${memory} MiB for 210 MB of logs`);
  });
}

test.serial("each change of a few workers is told", async (t) => {
  const cluster = await clusterWith(t, running, running);
  const { stderr } = await collectHere(cluster, 2, () => {
    cluster.succeed(0);
    cluster.succeed(1);
  });
  t.regex(stderr, /pod pi-calculation-job-0-abcde on node node-0: running/);
  t.regex(stderr, /1\/2 workers done: node-\d/);
});

test("a missing answer, a temporary refusal and a broken connection are retried", async (t) => {
  const cluster = await clusterWith(t, "succeeded", "succeeded");
  const trouble: (number | "reset")[] = [500, 429, "reset", 503, 410];
  cluster.intercept = () => trouble.pop();
  t.is((await run(cluster, 2)).nodes.length, 2);
  t.is(trouble.length, 0);
});

test("a watch that ends, or whose version has expired, restarts and misses nothing", async (t) => {
  const cluster = await clusterWith(t, running, running, running);
  const { nodes } = await run(cluster, 3, async () => {
    cluster.breakWatches();
    cluster.succeed(0);
    await sleep(3 * timing.pause);
    cluster.breakWatches("expired");
    cluster.succeed(1);
    await sleep(3 * timing.pause);
    cluster.succeed(2);
  });
  t.is(nodes.length, 3);
});

test("a watch that its server ends continues where it was, without listing all pods again", async (t) => {
  const cluster = await clusterWith(t, running, running);
  await run(cluster, 2, async () => {
    cluster.succeed(0);
    await sleep(200);
    cluster.breakWatches();
    await sleep(100);
    cluster.put(podOf(1, { phase: "Pending" }));
    cluster.put(podOf(1, running));
    await sleep(3 * timing.pause);
    cluster.breakWatches();
    cluster.succeed(1);
  });
  t.is(cluster.lists, 1);
});

test("an API server that is away for some seconds while the pods run is waited for", async (t) => {
  const cluster = await clusterWith(t, running, running);
  const { nodes } = await run(cluster, 2, async () => {
    await cluster.stop();
    await sleep(3_000);
    cluster.succeed(0);
    cluster.succeed(1);
    await cluster.start();
  });
  t.is(nodes.length, 2);
});

test("a pod that is deleted after its log was read is not missed", async (t) => {
  const cluster = await clusterWith(t, "succeeded", running);
  const { nodes } = await run(cluster, 2, async () => {
    await sleep(300);
    cluster.remove(`${jobName}-0-abcde`);
    cluster.succeed(1);
  });
  t.is(nodes.length, 2);
});

/** A pod of index 1 that ended badly or waits for what won't come, beside one that runs. */
const pods: [fault: string, status: NonNullable<V1Pod["status"]>, log?: string][] = [
  ["pod-crashed", crashed, "Traceback: something is wrong\n"],
  [
    "pod-out-of-memory",
    {
      phase: "Failed",
      containerStatuses: containerIn({ terminated: { exitCode: 137, reason: "OOMKilled" } }),
    },
  ],
  ["pod-evicted", { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." }],
  [
    "pod-timed-out",
    {
      phase: "Failed",
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
      containerStatuses: containerIn({ terminated: { exitCode: 143, reason: "Error" } }),
    },
  ],
  [
    "pod-image-missing",
    {
      phase: "Pending",
      containerStatuses: containerIn({
        waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "x": ErrImagePull: x: not found' },
      }),
    },
  ],
  [
    "pod-without-python",
    {
      phase: "Failed",
      containerStatuses: containerIn({
        terminated: {
          exitCode: 128,
          reason: "StartError",
          message: 'failed to create containerd task: … exec: "python3": executable file not found in $PATH: unknown',
        },
      }),
    },
  ],
  [
    "pod-architecture",
    {
      phase: "Failed",
      containerStatuses: containerIn({
        terminated: { exitCode: 128, reason: "StartError", message: "exec /usr/bin/python3: exec format error" },
      }),
    },
  ],
];
for (const [fault, status, log] of pods) {
  test(`a pod in the state of ${fault} fails the run at once, in one sentence`, async (t) => {
    const cluster = await clusterWith(t, running, status);
    if (log) cluster.logs.set(`${jobName}-1-abcde`, log);
    await fails(t, fault, run(cluster, 2));
  });
}

const disrupted = (reason: string, message: string): V1Pod["status"] => ({
  ...running,
  conditions: [{ type: "DisruptionTarget", status: "True", reason, message }],
});
const removals: [fault: string, status: V1Pod["status"]][] = [
  ["pod-deleted", running],
  ["pod-drained", disrupted("EvictionByEvictionAPI", "Eviction API: evicting")],
  ["node-died", disrupted("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")],
];
for (const [fault, status] of removals) {
  test(`a pod that is removed as in ${fault} fails the run, and says by whom`, async (t) => {
    const cluster = await clusterWith(t, running, running);
    const collected = run(cluster, 2, () => cluster.put(podOf(1, status, { deletionTimestamp: new Date() })));
    await fails(t, fault, collected);
  });
}

test("pods that the Job deletes at its deadline are reported with the Job's reason (job-timed-out)", async (t) => {
  const conditions = [
    { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/4 nodes are available" },
  ];
  const cluster = await clusterWith(t, running, { phase: "Pending", conditions });
  const collected = run(cluster, 2, async () => {
    cluster.put(podOf(1, { phase: "Pending", conditions }, { deletionTimestamp: new Date() }));
    await sleep(2 * timing.pause);
    cluster.end("Failed", "DeadlineExceeded", "Job was active longer than specified deadline");
  });
  await fails(t, "job-timed-out", collected);
});

/** Our container beside a sidecar that somebody has injected. */
const withSidecar = (
  sidecar: NonNullable<V1ContainerStatus["state"]>,
  ours: NonNullable<V1ContainerStatus["state"]>,
): V1ContainerStatus[] => [
  ...containerIn(sidecar).map((status) => ({ ...status, name: "istio-proxy", image: "istio/proxyv2" })),
  ...containerIn(ours),
];

test("a sidecar that keeps running does not prevent a result from being read", async (t) => {
  const cluster = await clusterWith(t, running);
  const { nodes } = await run(cluster, 1, () => {
    cluster.logs.set(`${jobName}-0-abcde`, logOf(0));
    const containerStatuses = withSidecar({ running: {} }, { terminated: { exitCode: 0, reason: "Completed" } });
    cluster.put(podOf(0, { phase: "Running", containerStatuses }));
  });
  t.is(nodes.length, 1);
});

test.serial(
  "a sidecar that keeps the Job from completing is reported, and its pods are ended (sidecar-runs-on)",
  async (t) => {
    const before = { ...patience };
    Object.assign(patience, { sidecars: 50 });
    try {
      const cluster = await clusterWith(t, running);
      cluster.completeAfter = 60_000;
      const { stderr } = await heard(() =>
        run(cluster, 1, () => {
          cluster.logs.set(`${jobName}-0-abcde`, logOf(0));
          const containerStatuses = withSidecar({ running: {} }, { terminated: { exitCode: 0, reason: "Completed" } });
          cluster.put(podOf(0, { phase: "Running", containerStatuses }));
        }),
      );
      assertFault(t, "sidecar-runs-on", stderr);
      assertFault(t, "sidecar-beside", stderr);
      t.regex(stderr, /container "istio-proxy" is still running in the pod pi-calculation-job-0-abcde on node node-0/);
      t.true(cluster.job?.spec?.suspend);
    } finally {
      Object.assign(patience, before);
    }
  },
);

test.serial("a Job that completes late without a sidecar is reported as such", async (t) => {
  const before = { ...patience };
  Object.assign(patience, { sidecars: 50, complete: 1_000 });
  try {
    const cluster = await clusterWith(t, "succeeded");
    cluster.completeAfter = 60_000;
    const { stderr } = await heard(() => run(cluster, 1));
    t.regex(stderr, /is still not complete 1 s after its last pod ended/);
    t.notRegex(stderr, /beside ours/);
  } finally {
    Object.assign(patience, before);
  }
});

test("a pod that ends because another pod's sidecar failed the Job is reported with that reason", async (t) => {
  const cluster = await clusterWith(t, running, running);
  const message = await fails(
    t,
    "sidecar-failed",
    run(cluster, 2, () => {
      cluster.logs.set(`${jobName}-0-abcde`, logOf(0));
      const containerStatuses = withSidecar({ terminated: { exitCode: 1 } }, { terminated: { exitCode: 0 } });
      cluster.put(podOf(0, { phase: "Failed", containerStatuses }));
      cluster.put(podOf(1, running, { deletionTimestamp: new Date() }));
    }),
  );
  t.regex(
    message,
    /pod pi-calculation-job-1-abcde on node node-1 was deleted before it ended \(the Job failed because a container beside ours in the pod pi-calculation-job-0-abcde on node node-0 did: "istio-proxy" ended with exit code 1\)/,
  );
});

for (const version of versions) {
  const pod = (cluster: FakeCluster, index: number, phase: string, state: object) =>
    version.pod({ index, uid: cluster.uid, phase, state });
  const prepared = async (t: ExecutionContext) => {
    const cluster = await clusterWith(t);
    const selector = { matchLabels: version.selector(cluster.uid) };
    cluster.job = { ...cluster.job, spec: { template: {}, suspend: true, selector } };
    cluster.conditions = version.complete;
    return cluster;
  };

  test(`pods as Kubernetes ${version.name} writes them give their results`, async (t) => {
    const cluster = await prepared(t);
    for (const index of [0, 1]) {
      cluster.put(pod(cluster, index, "Pending", { waiting: { reason: "ContainerCreating" } }));
      cluster.logs.set(`${jobName}-${index}-abcde`, logOf(index));
      cluster.events.push({
        metadata: {},
        involvedObject: { uid: `uid-of-pod-${index}`, fieldPath: "spec.containers{pi-calculator}" },
        reason: "Pulled",
        message: version.pulled(3),
      });
    }
    const { nodes, timeline } = await run(cluster, 2, async () => {
      for (const index of [0, 1]) cluster.put(pod(cluster, index, "Running", { running: {} }));
      await sleep(50);
      const terminated = { exitCode: 0, reason: "Completed" };
      for (const index of [0, 1]) cluster.put(pod(cluster, index, "Succeeded", { terminated }));
    });
    t.deepEqual(
      nodes.map(({ index, node }) => [index, node]),
      [
        [0, "node-0"],
        [1, "node-1"],
      ],
    );
    t.deepEqual(
      timeline.pods.map(({ pull }) => pull),
      [3.123, 3.123],
    );
    t.is(nodes[0]?.digest, `sha256:${"1".repeat(64)}`);
  });

  test(`a preempted pod is reported as such by Kubernetes ${version.name}`, async (t) => {
    const cluster = await prepared(t);
    const active = pod(cluster, 0, "Running", { running: {} });
    cluster.put(active);
    cluster.events.push({
      metadata: {},
      involvedObject: { uid: "uid-of-pod-0" },
      reason: "Preempted",
      message: "Preempted by a pod on node node-0",
    });
    const going = {
      ...active,
      status: { ...active.status, ...version.preempted },
      metadata: { ...active.metadata, deletionTimestamp: new Date() },
    };
    const { message } = await t.throwsAsync(
      run(cluster, 1, () => cluster.put(going)),
      { instanceOf: Failure },
    );
    t.regex(
      message,
      /was deleted before it ended \((a pod of higher priority took its place|Preempted: Preempted by a pod on node node-0)/,
    );
  });
}

const reset = 'failed to do request: Head "https://registry/v2/": read tcp 10.0.0.5: connection reset by peer';
const unpulled = (reason: string, message: string) => ({
  phase: "Pending",
  containerStatuses: containerIn({ waiting: { reason, message } }),
});
const backOff = 'Back-off pulling image "python:3.9-slim"';
const stumbles: [what: string, states: V1Pod["status"][]][] = [
  ["a pull that breaks off", [unpulled("ErrImagePull", reset), unpulled("ImagePullBackOff", `${backOff}: ${reset}`)]],
  [
    "one of a kubelet that does not repeat why",
    [unpulled("ErrImagePull", reset), unpulled("ImagePullBackOff", backOff)],
  ],
  [
    "a slow card, on which a container is made too late",
    [
      unpulled("CreateContainerError", "context deadline exceeded"),
      unpulled("CreateContainerError", 'failed to reserve container name "x": name "x" is reserved for "y"'),
    ],
  ],
];
for (const [what, states] of stumbles) {
  test(`${what} does not end the run: the kubelet tries again`, async (t) => {
    const cluster = await clusterWith(t, { phase: "Pending" });
    const { nodes } = await run(cluster, 1, async () => {
      for (const state of states) {
        cluster.put(podOf(0, state));
        await sleep(50);
      }
      cluster.put(podOf(0, running));
      cluster.succeed(0);
    });
    t.is(nodes.length, 1);
  });
}

test.serial(
  "a lasting problem with a pod's start is reported after a while, with its cause (pod-image-missing)",
  async (t) => {
    const before = { ...patience };
    patience.start = 300;
    try {
      const cluster = await clusterWith(t, unpulled("ImagePullBackOff", `${backOff}: ${reset}`));
      t.regex(await fails(t, "pod-image-missing", run(cluster, 1)), /connection reset by peer/);
      const older = await clusterWith(t, unpulled("ImagePullBackOff", backOff));
      const involvedObject = { uid: "uid-of-pod-0" };
      older.events.push(
        { metadata: {}, involvedObject, reason: "Failed", message: `Failed to pull image "x": ${reset}` },
        { metadata: {}, involvedObject, reason: "Failed", message: "Error: ImagePullBackOff" },
      );
      await t.throwsAsync(run(older, 1), { message: /connection reset by peer/ });
    } finally {
      Object.assign(patience, before);
    }
  },
);

const beside: [fault: string, phase: string, containerStatuses: V1ContainerStatus[]][] = [
  [
    "pod-out-of-memory",
    "Failed",
    withSidecar({ terminated: { exitCode: 0 } }, { terminated: { exitCode: 137, reason: "OOMKilled" } }),
  ],
  [
    "pod-image-missing",
    "Pending",
    withSidecar({ running: {} }, { waiting: { reason: "ImagePullBackOff", message: "Back-off: x: not found" } }),
  ],
];
for (const [fault, phase, containerStatuses] of beside) {
  test(`a sidecar does not hide a pod in the state of ${fault}`, async (t) => {
    const cluster = await clusterWith(t, running, { phase, containerStatuses });
    t.notRegex(await fails(t, fault, run(cluster, 2)), /istio/);
  });
}

test("a missing Job is reported (job-deleted)", async (t) => {
  const cluster = await clusterWith(t, running);
  const collected = run(cluster, 1, () => {
    cluster.job = undefined;
    cluster.remove(`${jobName}-0-abcde`);
  });
  await fails(t, "job-deleted", collected);
});

test("another Job with that name is reported (job-replaced)", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.job = { metadata: { name: jobName, uid: "another" } };
  await fails(t, "job-replaced", run(cluster, 1));
});

test("a complete Job without all its pods names the missing ones (results-missing)", async (t) => {
  const cluster = await clusterWith(t, "succeeded", "succeeded");
  cluster.end("Complete");
  const collected = run(cluster, 4);
  t.regex(
    await fails(t, "results-missing", collected),
    /2 of 4 results are missing: index 2 \(no pod\), index 3 \(no pod\)/,
  );
});

test("a foreign pod with the Job's label is refused (pod-foreign)", async (t) => {
  const cluster = await clusterWith(t, running);
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "other", uid: "other", controller: true };
  cluster.put(podOf(1, { phase: "Succeeded" }, { name: "stranger", ownerReferences: [owner] }));
  await fails(t, "pod-foreign", run(cluster, 2));
});

test("two pods with one index are refused (index-twice)", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.put(podOf(0, running, { name: `${jobName}-0-fghij`, uid: "another" }));
  await fails(t, "index-twice", run(cluster, 2));
});

test("an index beyond the workers is refused (index-beyond)", async (t) => {
  const cluster = await clusterWith(t, running, running);
  await fails(t, "index-beyond", run(cluster, 1));
});

test("once a run has failed, no other log is begun, so that it ends at once", async (t) => {
  const cluster = await clusterWith(t, ...Array.from({ length: 100 }, () => "succeeded" as const));
  cluster.logs.set(`${jobName}-0-abcde`, "");
  await fails(t, "log-empty", run(cluster, 100));
  await sleep(500);
  const begun = cluster.requests.filter((each) => each.includes("/log")).length;
  t.true(begun > 0 && begun < 100, `${begun} logs`);
});

test("once a run has failed, nothing that it was finding out about another pod goes on", async (t) => {
  const cluster = await clusterWith(t, running, running);
  let reads = 0;
  const collected = run(cluster, 2, async () => {
    cluster.intercept = (path) => {
      if (!path.endsWith(`/jobs/${jobName}`)) return undefined;
      reads++;
      return 503;
    };
    // It asks the Job why, which gets no answer.
    cluster.put(podOf(0, running, { deletionTimestamp: new Date() }));
    while (reads === 0) await sleep(10);
    cluster.put(podOf(1, crashed));
  });
  await fails(t, "pod-crashed", collected);
  const before = reads;
  await sleep(10 * timing.pause);
  // Two may have been on their way: of the pod and of the Job itself.
  t.true(reads <= before + 2, `${reads - before} more`);
});

test("once a run has failed, pods that an ended Job lacks are no longer looked for", async (t) => {
  const cluster = await clusterWith(t, running, running);
  let lists = 0;
  const collected = run(cluster, 2, async () => {
    // The list and the watch, which tells of the failed pod.
    while (cluster.requests.filter((path) => path.endsWith("/pods")).length < 2) await sleep(10);
    cluster.intercept = (path) => {
      if (!path.endsWith("/pods")) return undefined;
      lists++;
      return 503;
    };
    cluster.end("Complete");
    while (lists === 0) await sleep(10);
    cluster.put(podOf(1, crashed));
  });
  await fails(t, "pod-crashed", collected);
  const before = lists;
  await sleep(10 * timing.pause);
  // One may have been on its way.
  t.true(lists <= before + 1, `${lists - before} more`);
});

test("two pods on one node are refused (node-shared)", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.put({ ...podOf(1, running), spec: { nodeName: "node-0", containers: [] } });
  await fails(t, "node-shared", run(cluster, 2));
});

const logs: [fault: string, log: string | undefined][] = [
  ["log-gone", undefined],
  ["log-empty", ""],
  ["log-empty", "rotated away\n"],
  ["log-garbled", logOf(0).replace(/"rounds".*/, '"rou')],
  ["log-wrong", logOf(0).replace('"cores":4', '"cores":"four"')],
  ["log-twice", `${logOf(0)}${logOf(0)}`],
  ["log-implausible", logOf(0).replace('"processes":1', '"processes":2')],
  ["log-implausible", logOf(0).replace('"ended":17', '"ended":971')],
  ["log-foreign", logOf(7)],
  ["log-foreign", logOf(0, "elsewhere")],
  ["log-huge", `${"x".repeat(5 * 2 ** 20)}\n${logOf(0)}`],
];
for (const [fault, log] of logs) {
  test(`a log like ${fault} is refused (${JSON.stringify(log?.slice(0, 20)) ?? "none"}, ${log?.length ?? 0} characters)`, async (t) => {
    const cluster = await clusterWith(t, "succeeded", running);
    if (log === undefined) cluster.logs.clear();
    else cluster.logs.set(`${jobName}-0-abcde`, log);
    await fails(t, fault, run(cluster, 2));
  });
}

test("foreign lines of a megabyte around the result survive", async (t) => {
  const cluster = await clusterWith(t, "succeeded");
  const noise = `${"\u0000é".repeat(500_000)}\r\n`;
  cluster.logs.set(`${jobName}-0-abcde`, `${noise}${logOf(0)}${noise}`);
  t.is((await run(cluster, 1)).nodes.length, 1);
});

test("workers with the same random numbers are refused (stream-shared)", async (t) => {
  const cluster = await clusterWith(t, "succeeded", "succeeded");
  const inside = /"inside":\d+/g;
  const same = (log: string) =>
    log.replaceAll(inside, '"inside":785398').replace(/"inside":785398,"pi"/, '"inside":2356194,"pi"');
  for (const index of [0, 1]) cluster.logs.set(`${jobName}-${index}-abcde`, same(logOf(index)));
  await fails(t, "stream-shared", run(cluster, 2));
});

test("a final refusal is reported at once, in the API server's words (api-refused)", async (t) => {
  const cluster = await clusterWith(t, "succeeded");
  cluster.intercept = (path) => (path.endsWith("/log") ? 403 : undefined);
  await fails(t, "api-refused", run(cluster, 1));
});

/** Where in the order of requests the Job was released; -1: never. */
const releasedAt = (cluster: FakeCluster) => cluster.requests.findIndex((path) => path.startsWith("PATCH "));

test("the Job is released once its pods were listed, by a merge patch for this very Job", async (t) => {
  const cluster = await clusterWith(t, running);
  const { timeline } = await run(cluster, 1, () => {
    cluster.succeed(0);
  });
  const listed = cluster.requests.findIndex((path) => path.endsWith("/pods"));
  t.true(listed >= 0 && listed < releasedAt(cluster));
  const [release] = cluster.patches;
  t.like(release, { type: "application/merge-patch+json", spec: { suspend: false }, metadata: { uid: cluster.uid } });
  t.is(release?.metadata.annotations?.["pi-speedup/released"], timeline.released?.toFixed(3));
});

test("a pod's stages are timed from the release, each when it was observed", async (t) => {
  const cluster = await clusterWith(t);
  const { timeline } = await run(cluster, 1, async () => {
    while (cluster.requests.filter((path) => path.endsWith("/pods")).length < 2) await sleep(10);
    await sleep(200);
    cluster.put(podOf(0, { phase: "Pending" }));
    await sleep(300);
    cluster.put(podOf(0, running));
    await sleep(300);
    cluster.succeed(0);
  });
  const [pod] = timeline.pods;
  const since = (stamp: number | null | undefined) => (stamp ?? Number.NaN) - (timeline.released ?? Number.NaN);
  const [scheduled, started, finished] = [since(pod?.scheduled), since(pod?.started), since(pod?.finished)];
  t.true(0 <= scheduled && scheduled < started, `${scheduled}, ${started}`);
  t.true(started < finished, `${started}, ${finished}`);
  // Stamps of the wall clock are known to a microsecond.
  t.true(finished <= (pod?.read ?? Number.NaN) + 1e-5, `${finished}, ${pod?.read}`);
});

test("a Job that has ended and was timed gives the same document again", async (t) => {
  const cluster = await clusterWith(t, running, running);
  const first = await run(cluster, 2, () => {
    cluster.succeed(1);
    cluster.succeed(0);
  });
  cluster.end("Complete");
  const patches = cluster.patches.length;
  t.deepEqual(await run(cluster, 2), first);
  t.is(cluster.patches.length, patches);
});

const damaged: [what: string, annotations: Record<string, string>][] = [
  ["nothing", {}],
  ["a release alone", { "pi-speedup/released": "1700000000.000" }],
  ["a release of no time", { "pi-speedup/released": "soon", "pi-speedup/timeline": "[[1,2,3,4,0]]" }],
  ["a release of another age", { "pi-speedup/released": "9999999999.000", "pi-speedup/timeline": "[[1,2,3,4,0]]" }],
  ["a timeline of other pods", { "pi-speedup/released": "1700000000.000", "pi-speedup/timeline": "[]" }],
  ["a timeline of text", { "pi-speedup/released": "1700000000.000", "pi-speedup/timeline": '[["1",2,3,4,0]]' }],
  ["a result before the release", { "pi-speedup/released": "1700000000.000", "pi-speedup/timeline": "[[1,2,3,-4,0]]" }],
  ["half a timeline", { "pi-speedup/released": "1700000000.000", "pi-speedup/timeline": "[[1,2,3" }],
  ["a timeline without end", { "pi-speedup/released": "1700000000.000", "pi-speedup/timeline": "[[1e300,2,3,4,0]]" }],
];
for (const [what, annotations] of damaged) {
  test(`a Job that has ended and says ${what} of its times gives its results without them`, async (t) => {
    const cluster = await clusterWith(t, "succeeded");
    cluster.end("Complete");
    cluster.job = { ...cluster.job, metadata: { ...cluster.job?.metadata, annotations } };
    const { nodes, timeline } = await run(cluster, 1);
    t.is(nodes.length, 1);
    t.deepEqual(timeline, {
      released: null,
      pods: [{ index: 0, scheduled: null, started: null, finished: null, pull: null, read: null, clockShift: null }],
    });
    t.deepEqual(cluster.patches, []);
  });
}

test("the next run, which finds the Job ended, does not invent what the first run did not observe", async (t) => {
  const cluster = await clusterWith(t, "succeeded");
  cluster.end("Complete");
  const annotations = {
    "pi-speedup/released": "1700000000.250",
    "pi-speedup/timeline": "[[null,null,3000,4000,null]]",
  };
  cluster.job = { ...cluster.job, metadata: { ...cluster.job?.metadata, annotations } };
  const { timeline } = await run(cluster, 1);
  t.is(timeline.released, 1_700_000_000.25);
  t.like(timeline.pods[0], { scheduled: null, started: null, finished: 1_700_000_003.25, pull: null, read: 4 });
});

test("a Job that runs already is suspended, and the run fails (job-started-early)", async (t) => {
  const cluster = await clusterWith(t, running);
  const annotations = { "pi-speedup/released": "1700000000.000" };
  const metadata = { ...cluster.job?.metadata, annotations };
  cluster.job = { ...cluster.job, metadata, spec: { template: {}, suspend: false } };
  await fails(t, "job-started-early", run(cluster, 1));
  t.true(cluster.job?.spec?.suspend);
});

test("a Job that was made running is suspended until its pods are gone, and timed from its release", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.job = { ...cluster.job, spec: { template: {}, suspend: false } };
  cluster.afterPatch = () => {
    if (cluster.job?.spec?.suspend === true) cluster.remove(`${jobName}-0-abcde`);
    else if (cluster.pods.size === 0) cluster.succeed(0);
    return undefined;
  };
  const { timeline } = await run(cluster, 1);
  t.deepEqual(cluster.patches.map(({ spec }) => spec?.suspend).slice(0, 2), [true, false]);
  t.is(cluster.patches[1]?.metadata.annotations?.["pi-speedup/released"], timeline.released?.toFixed(3));
});

test("a Job that was made running and has a result already is not timed (job-started-early)", async (t) => {
  const cluster = await clusterWith(t, running, "succeeded");
  cluster.job = { ...cluster.job, spec: { template: {}, suspend: false } };
  await fails(t, "job-started-early", run(cluster, 2));
});

test("a Job that was released before and is suspended is not timed from the middle (job-started-early)", async (t) => {
  const cluster = await clusterWith(t, running);
  const annotations = { "pi-speedup/released": "1700000000.000" };
  cluster.job = { ...cluster.job, metadata: { ...cluster.job?.metadata, annotations } };
  await fails(t, "job-started-early", run(cluster, 1));
});

test("a Job that someone suspends while it runs fails the run (job-suspended)", async (t) => {
  const cluster = await clusterWith(t, running);
  const collected = run(cluster, 1, async () => {
    while (cluster.job?.spec?.suspend !== false) await sleep(10);
    cluster.job = { ...cluster.job, spec: { template: {}, suspend: true } };
  });
  await fails(t, "job-suspended", collected);
});

/** Shortens waits, one test at a time. */
async function withPatience(changed: Partial<typeof patience>, act: () => Promise<void>): Promise<void> {
  const usual = { ...patience };
  Object.assign(patience, changed);
  try {
    await act();
  } finally {
    Object.assign(patience, usual);
  }
}

test.serial("a quota that prevents the pods is quoted, and the Job is suspended (pods-refused)", async (t) => {
  const cluster = await clusterWith(t);
  const refused = {
    metadata: {},
    involvedObject: { uid: cluster.uid },
    reason: "FailedCreate",
    message: 'pods "pi-" is forbidden: failed quota: team: must specify limits.cpu',
    count: 1,
  };
  const ofOthers = { ...refused, involvedObject: { uid: "another" }, message: "of another Job" };
  cluster.events.push(ofOthers, refused);
  await withPatience({ refused: 1_000, longRefused: 3_000 }, async () => {
    const message = await fails(t, "pods-refused", run(cluster, 2));
    t.regex(message, /\(0 of 2 exist\): pods "pi-" is forbidden: failed quota: team: must specify limits\.cpu\./);
  });
  t.true(cluster.job?.spec?.suspend);
});

test.serial("a Job that is not ended at its deadline is given up (job-endless)", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.job = { ...cluster.job, spec: { template: {}, suspend: true, activeDeadlineSeconds: 1 } };
  await withPatience({ afterDeadline: 500 }, async () => {
    t.regex(await fails(t, "job-endless", run(cluster, 1)), /last seen: pod \S+ on node node-0: running/);
  });
  t.true(cluster.job?.spec?.suspend);
});

test.serial("a node with an unreachable kubelet is reported (kubelet-unreachable)", async (t) => {
  const cluster = await clusterWith(t, "succeeded", "succeeded");
  cluster.intercept = (path) => (path.includes("-1-") && path.endsWith("/log") ? 502 : undefined);
  const { giveUpAfter } = timing;
  timing.giveUpAfter = 700;
  try {
    const message = await fails(t, "kubelet-unreachable", run(cluster, 2));
    t.regex(message, /log of pod pi-calculation-job-1-abcde on node node-1: .*HTTP status 502.*kubelet of "node-1"/);
  } finally {
    timing.giveUpAfter = giveUpAfter;
  }
});

test.serial(
  "a kubelet that wants a login of the API server is no right that is missing (kubelet-unreachable)",
  async (t) => {
    const { giveUpAfter } = timing;
    timing.giveUpAfter = 700;
    t.teardown(() => Object.assign(timing, { giveUpAfter }));
    for (const code of [401, 403, 404]) {
      const cluster = await clusterWith(t, "succeeded");
      const message = `the kubelet answered so ( pods/log ${jobName}-0-abcde)`;
      cluster.intercept = (path) =>
        path.endsWith("/log") ? { code, message, details: { kind: "pods/log" } } : undefined;
      t.regex(
        await fails(t, "kubelet-unreachable", run(cluster, 1)),
        new RegExp(`HTTP status ${code}: ${code === 401 ? "" : "the kubelet answered so"}`),
      );
    }
  },
);

test.serial("a pod whose node can't set up its network is told by its events (pod-unbegun)", async (t) => {
  const cluster = await clusterWith(t, running, {
    phase: "Pending",
    containerStatuses: containerIn({ waiting: { reason: "ContainerCreating" } }),
  });
  const sandbox = {
    metadata: {},
    involvedObject: { uid: "uid-of-pod-1" },
    reason: "FailedCreatePodSandBox",
    message: "failed to setup network for sandbox",
    count: 1,
  };
  cluster.events.push(sandbox);
  const repeated = setInterval(() => sandbox.count++, 100);
  t.teardown(() => clearInterval(repeated));
  await withPatience({ quiet: 0, begin: 500 }, async () => {
    t.regex(await fails(t, "pod-unbegun", run(cluster, 2)), /on node node-1 cannot begin: .*failed to setup network/);
  });
  t.true(cluster.job?.spec?.suspend);
});

test.serial("a sidecar that is started again and again before ours may start is given up", async (t) => {
  const sidecar = (state: object) => ({
    phase: "Pending",
    initContainerStatuses: containerIn(state).map((status) => ({ ...status, name: "istio-proxy" })),
    containerStatuses: containerIn({ waiting: { reason: "PodInitializing" } }),
  });
  const states = [
    sidecar({ waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" } }),
    sidecar({ running: {} }),
    sidecar({ terminated: { exitCode: 1, reason: "Error" } }),
  ];
  const cluster = await clusterWith(t, states[0]);
  let n = 0;
  const flips = setInterval(() => cluster.put(podOf(0, states[++n % 3])), 150);
  t.teardown(() => clearInterval(flips));
  await withPatience({ start: 1_500 }, async () => {
    await t.throwsAsync(run(cluster, 1), { message: /cannot start: CrashLoopBackOff \(back-off 10s/ });
  });
});

test("the pods of an older Kubernetes, which has another label for them, are found by the Job's own selector", async (t) => {
  const cluster = await clusterWith(t);
  const labels = { "controller-uid": cluster.uid };
  cluster.put({ ...podOf(0, { phase: "Succeeded" }, { labels }) });
  cluster.logs.set(`${jobName}-0-abcde`, logOf(0));
  cluster.job = {
    ...cluster.job,
    spec: { template: {}, suspend: true, selector: { matchLabels: { "controller-uid": cluster.uid } } },
  };
  t.is((await run(cluster, 1)).nodes.length, 1);
});

async function untilReleased(cluster: FakeCluster): Promise<void> {
  while (cluster.job?.spec?.suspend !== false) await sleep(10);
}

/** A signal to this process, as the program in it hears it. */
const signalHere = (t: ExecutionContext, signal: NodeJS.Signals) =>
  t.true(process.emit(signal, signal), `nobody listens for ${signal}`);

for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test.serial(`${signal} suspends the Job before the program ends (collection-interrupted)`, async (t) => {
    const cluster = await clusterWith(t, running);
    const { code, stdout, stderr } = await collectHere(cluster, 1, async () => {
      await untilReleased(cluster);
      signalHere(t, signal);
    });
    t.is(code, exitCode);
    t.is(stdout, "");
    assertFault(t, "collection-interrupted", stderr);
    t.true(cluster.job?.spec?.suspend);
  });
}

test.serial("a signal during the release cancels it: the Job is suspended and not released afterwards", async (t) => {
  const cluster = await clusterWith(t, running);
  let releases = 0;
  // The first patch, the release, gets no answer.
  cluster.intercept = () => (cluster.requests.at(-1)?.startsWith("PATCH ") && releases++ === 0 ? "hang" : undefined);
  const { code, stderr } = await collectHere(cluster, 1, async () => {
    while (releases === 0) await sleep(10);
    signalHere(t, "SIGTERM");
  });
  t.is(code, 143);
  assertFault(t, "collection-interrupted", stderr);
  t.deepEqual(
    cluster.patches.map(({ spec }) => spec?.suspend),
    [true],
  );
});

test.serial("pods that end because a signal suspended their Job are not reported as the reason", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.afterPatch = () => {
    if (cluster.job?.spec?.suspend === true) cluster.remove(`${jobName}-0-abcde`);
    // For longer than the next look at the Job takes.
    return cluster.patches.length > 1 && cluster.patches.length < 8 ? 503 : undefined;
  };
  const { stderr } = await collectHere(cluster, 1, async () => {
    await untilReleased(cluster);
    signalHere(t, "SIGINT");
  });
  assertFault(t, "collection-interrupted", stderr);
});

test.serial("a signal does not wait for an API server that gives no answer (collection-not-suspended)", async (t) => {
  const cluster = await clusterWith(t, running);
  await withPatience({ suspend: 500 }, async () => {
    const { code, stderr } = await collectHere(cluster, 1, async () => {
      await untilReleased(cluster);
      cluster.intercept = () => "hang";
      signalHere(t, "SIGINT");
    });
    t.is(code, 130);
    assertFault(t, "collection-not-suspended", stderr);
  });
});

/** The program on that cluster, and what happens to its process meanwhile. */
async function struck(cluster: FakeCluster, act: (child: ChildProcess) => Promise<void>): Promise<Ended> {
  const started = Promise.withResolvers<ChildProcess>();
  return await collectAsProcess(cluster, 1, async () => act(await started.promise), [], started.resolve);
}

test.serial("a signal from outside ends the process with its exit code, once the Job is suspended", async (t) => {
  const cluster = await clusterWith(t, running);
  const { code, stdout, stderr } = await struck(cluster, async (child) => {
    await untilReleased(cluster);
    child.kill("SIGTERM");
  });
  t.is(code, 143);
  t.is(stdout, "");
  assertFault(t, "collection-interrupted", stderr);
  t.true(cluster.job?.spec?.suspend);
});

test.serial("a second signal ends the program at once", async (t) => {
  const cluster = await clusterWith(t, running);
  let suspending = false;
  const { code, stderr } = await struck(cluster, async (child) => {
    await untilReleased(cluster);
    cluster.intercept = () => {
      suspending ||= cluster.requests.at(-1)?.startsWith("PATCH ") === true;
      return "hang";
    };
    child.kill("SIGINT");
    while (!suspending) await sleep(10);
    child.kill("SIGINT");
  });
  t.is(code, null);
  t.notRegex(stderr, /interrupted/);
});

test("a release whose answer was lost is not sent, and not timed, again", async (t) => {
  const cluster = await clusterWith(t, running);
  let lost = 0;
  cluster.afterPatch = () => (lost++ === 0 ? "reset" : undefined);
  const { timeline } = await run(cluster, 1, async () => {
    while (lost === 0) await sleep(10);
    await sleep(3 * timing.pause);
    cluster.succeed(0);
  });
  const releases = cluster.patches.filter(({ spec }) => spec?.suspend === false);
  t.is(releases.length, 1);
  t.is(releases[0]?.metadata.annotations?.["pi-speedup/released"], timeline.released?.toFixed(3));
});

test("a missing permission for the release is reported (api-refused)", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.afterPatch = () => 403;
  await fails(t, "api-refused", run(cluster, 1));
});

test("five thousand pods leave less than the 256 KiB that annotations may have", (t) => {
  const watch = new Stopwatch();
  watch.start();
  const nodes = Array.from({ length: 5_000 }, (_, index) =>
    nodeRecord({ index, seconds: [1], started: 1_700_000_000 }),
  );
  const pulls = nodes.map(() => 12.345);
  for (const { index } of nodes) {
    for (const stage of ["scheduled", "started", "finished", "read"] as const) watch.note(index, stage);
  }
  t.true((watch.stored(watch.timeline(nodes, pulls)) ?? "").length < 200_000);
});

test.serial("times that do not fit into an annotation are still in the result", async (t) => {
  const cluster = await clusterWith(t, running);
  const { characters } = annotationLimit;
  annotationLimit.characters = 10;
  try {
    const { timeline } = await run(cluster, 1, () => {
      cluster.succeed(0);
      cluster.end("Complete");
    });
    t.true((timeline.pods[0]?.read ?? Number.NaN) > 0);
    t.true(cluster.patches.every(({ metadata }) => metadata.annotations?.["pi-speedup/timeline"] === undefined));
  } finally {
    annotationLimit.characters = characters;
  }
});

test("the collector ends only when Kubernetes has found the Job complete, which Pulumi asks", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.completeAfter = 1_000;
  await run(cluster, 1, () => {
    cluster.succeed(0);
  });
  t.is(cluster.job?.status?.conditions?.[0]?.type, "Complete");
});

test("a Job that is done is as Pulumi has declared it, so that a refresh finds nothing that differs", async (t) => {
  const cluster = await clusterWith(t, running);
  cluster.completeAfter = 500;
  const done = () => cluster.job?.status?.conditions?.[0]?.type === "Complete";
  let tooEarly = false;
  cluster.afterPatch = () => {
    tooEarly ||= cluster.job?.spec?.suspend === true && !done();
    return undefined;
  };
  await run(cluster, 1, () => {
    cluster.succeed(0);
  });
  t.true(cluster.job?.spec?.suspend);
  t.false(tooEarly, "a Job that is suspended before it is done loses its pods");
});
