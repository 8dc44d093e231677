// An API server in memory with one Job, its pods and their logs. It only supports the collector's requests.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { CoreV1Event, V1Job, V1Pod } from "@kubernetes/client-node";
import * as v from "valibot";
import { runRecord } from "./example-records.ts";

const patchSchema = v.object({
  metadata: v.object({ uid: v.string(), annotations: v.optional(v.record(v.string(), v.string())) }),
  spec: v.optional(v.object({ suspend: v.boolean() })),
});

export const namespace = "pi-workload";
export const jobName = "pi-calculation-job";
const uid = "uid-of-the-job";

export interface FakeCluster {
  kubeconfig: string;
  uid: string;
  /** The Job that there is; undefined: none. */
  job: V1Job | undefined;
  /** Other Jobs by name, which can only be read. */
  otherJobs: Map<string, V1Job>;
  /** Its answers about the Job and its pods. */
  events: CoreV1Event[];
  /** Logs by the pod's name; a pod without one has no log to read. */
  logs: Map<string, string>;
  /** Pods by name; changed only by `put` and `remove`. */
  pods: ReadonlyMap<string, V1Pod>;
  /** Adds or changes a pod, and notifies the watches. */
  put(pod: V1Pod): void;
  remove(name: string): void;
  /** Adds a pod that has succeeded, with its log. */
  succeed(index: number): V1Pod;
  /** The Job is complete, or failed for a reason. */
  end(type: "Complete" | "Failed", reason?: string, message?: string): void;
  /** Answers a request instead of the server; undefined: the server answers. `hang` never does, `reset` breaks off. */
  intercept: (
    path: string,
  ) => number | { code: number; message: string; details?: object } | "hang" | "reset" | undefined;
  /** Ends all watches, as servers do now and then; `expired`: with the word that their version is too old. */
  breakWatches(how?: "expired"): void;
  /** Largest number of logs that were asked for at the same time. */
  logsAtOnce: number;
  /** Largest number of pods that one answer held. */
  largestPage: number;
  /** Lists of pods that were begun. */
  lists: number;
  /** Paths, in order; of a patch, with the method before it. */
  requests: string[];
  /** Milliseconds from the collector's last annotation until Kubernetes finds the Job complete. */
  completeAfter: number;
  /** Its answer in that case. */
  conditions: NonNullable<NonNullable<V1Job["status"]>["conditions"]>;
  /** Answers a patch, once it was done, instead of the server. */
  afterPatch: () => number | "reset" | undefined;
  /** Patches of the Job, in order. */
  patches: (v.InferOutput<typeof patchSchema> & { type: string | undefined })[];
  /** Stops listening and breaks all connections; `start` takes the same port again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A pod of the Job, as Kubernetes makes them, on a node of its own. */
export function podOf(index: number, status: V1Pod["status"], more: V1Pod["metadata"] = {}): V1Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${jobName}-${index}-abcde`,
      namespace,
      uid: `uid-of-pod-${index}`,
      annotations: { "batch.kubernetes.io/job-completion-index": String(index) },
      labels: { "batch.kubernetes.io/controller-uid": uid, "controller-uid": uid },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: jobName, uid, controller: true }],
      ...more,
    },
    spec: { nodeName: `node-${index}`, containers: [] },
    ...(status && { status }),
  };
}

/** A container's status in a pod's; times as the API writes them. */
export function containerIn(state: NonNullable<NonNullable<V1Pod["status"]>["containerStatuses"]>[number]["state"]) {
  const status = { name: "pi-calculator", image: "python:3.9-slim", imageID: "", ready: false, restartCount: 0 };
  return [{ ...status, ...(state && { state }) }];
}

/** The output of pi.py in the pod of that index. Every index has its own random points. */
export function logOf(index: number, node = `node-${index}`): string {
  const run = runRecord({ seconds: [1, 1.1, 1.2], started: 1_700_000_000 });
  const rounds = run.rounds.map((round, number) => ({ ...round, inside: round.inside + index * 7 + number }));
  const inside = rounds.reduce((sum, round) => sum + round.inside, 0);
  const record = { record: "pi-speedup/1", index, node, ...run, inside, rounds };
  return `Node ${node}: π ≈ 3.141200, Time: 1.10s\n${JSON.stringify(record)}\n`;
}

export async function startFakeCluster(): Promise<FakeCluster> {
  let version = 1;
  let reading = 0;
  const pods = new Map<string, V1Pod>();
  const watches = new Set<ServerResponse>();

  /** Whether a selector such as `a=b,c=d` finds it. */
  const isSelected = ({ metadata }: V1Pod, selector: string | null) =>
    (selector ?? "").split(",").every((each) => {
      const [key = "", value] = each.split("=");
      return key === "" || metadata?.labels?.[key] === value;
    });
  const write = (watch: ServerResponse, type: string, object: unknown) =>
    void watch.write(`${JSON.stringify({ type, object })}\n`);
  const tell = (type: string, object: unknown) => {
    for (const watch of watches) write(watch, type, object);
  };
  const changes: { version: number; type: string; pod: V1Pod }[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://server");
    cluster.requests.push(request.method === "GET" ? pathname : `${request.method} ${pathname}`);
    const instead = cluster.intercept(pathname);
    if (instead === "hang") return;
    if (instead === "reset") return void request.socket.destroy();
    const send = (code: number, body: unknown) =>
      void response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    const refuse = (code: number, message: string) => send(code, { kind: "Status", code, message });
    if (typeof instead === "object") return send(instead.code, { kind: "Status", ...instead });
    if (instead !== undefined) return refuse(instead, `refused with ${instead}`);
    const [, podName] = /\/pods\/([^/]+)\/log$/.exec(pathname) ?? [];
    if (podName !== undefined) {
      const log = cluster.logs.get(podName);
      if (log === undefined) return refuse(404, `pods "${podName}" not found`);
      reading++;
      cluster.logsAtOnce = Math.max(cluster.logsAtOnce, reading);
      await new Promise((resolve) => setTimeout(resolve, 5));
      reading--;
      const limit = Number(searchParams.get("limitBytes") ?? Number.POSITIVE_INFINITY);
      return void response.writeHead(200, { "content-type": "text/plain" }).end(Buffer.from(log).subarray(0, limit));
    }
    if (pathname.endsWith("/events")) {
      const wanted = searchParams.get("fieldSelector") ?? "";
      const items = cluster.events.filter(
        ({ reason, involvedObject }) =>
          (!wanted.includes("reason=") || wanted.includes(`reason=${reason}`)) &&
          (!wanted.includes("uid=") || wanted.includes(`involvedObject.uid=${involvedObject.uid}`)),
      );
      return send(200, { kind: "EventList", items });
    }
    if (pathname.endsWith(`/jobs/${jobName}`) && request.method === "PATCH") {
      const patch = v.parse(patchSchema, JSON.parse(await text(request)));
      if (cluster.job === undefined) return refuse(404, `jobs.batch "${jobName}" not found`);
      if (patch.metadata.uid !== cluster.job.metadata?.uid) return refuse(409, "the uid in the precondition differs");
      cluster.patches.push({ ...patch, type: request.headers["content-type"] });
      const { annotations } = cluster.job.metadata ?? {};
      cluster.job = {
        ...cluster.job,
        metadata: { ...cluster.job.metadata, annotations: { ...annotations, ...patch.metadata.annotations } },
        spec: { template: {}, ...cluster.job.spec, ...patch.spec },
      };
      // Kubernetes completes the Job soon after the collector is done.
      if (patch.metadata.annotations?.["pi-speedup/timeline"] !== undefined) {
        setTimeout(() => {
          cluster.job = { ...cluster.job, status: { conditions: cluster.conditions } };
        }, cluster.completeAfter).unref();
      }
      const after = cluster.afterPatch();
      if (after === "reset") return void request.socket.destroy();
      return after === undefined ? send(200, cluster.job) : refuse(after, `refused with ${after}`);
    }
    if (pathname.endsWith(`/jobs/${jobName}`)) {
      return cluster.job ? send(200, cluster.job) : refuse(404, `jobs.batch "${jobName}" not found`);
    }
    const [, otherJob] = /\/jobs\/([^/]+)$/.exec(pathname) ?? [];
    if (otherJob !== undefined) {
      const found = cluster.otherJobs.get(otherJob);
      return found ? send(200, found) : refuse(404, `jobs.batch "${otherJob}" not found`);
    }
    if (searchParams.get("watch") !== "true") {
      const items = [...pods.values()].filter((pod) => isSelected(pod, searchParams.get("labelSelector")));
      const from = Number(searchParams.get("continue") ?? 0);
      const to = from + Number(searchParams.get("limit") ?? items.length);
      cluster.lists += from === 0 ? 1 : 0;
      cluster.largestPage = Math.max(cluster.largestPage, Math.min(to, items.length) - from);
      const metadata = { resourceVersion: String(version), ...(to < items.length && { continue: String(to) }) };
      return send(200, { kind: "PodList", metadata, items: items.slice(from, to) });
    }
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    watches.add(response);
    response.on("close", () => watches.delete(response));
    // All changes since that version. A client without a version gets all of them.
    const since = Number(searchParams.get("resourceVersion") ?? 0);
    const missed = [...changes.filter((change) => change.version > since)];
    for (const { type, pod } of missed) {
      if (isSelected(pod, searchParams.get("labelSelector"))) write(response, type, pod);
    }
  };

  const http = createServer((request, response) => void answer(request, response));
  const listen = (port: number) => new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  await listen(0);
  // An address of a listening TCP server is never a string.
  const { port } = http.address() as AddressInfo;
  const cluster: FakeCluster = {
    kubeconfig: JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "only",
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
      contexts: [{ name: "only", context: { cluster: "c", user: "u" } }],
      users: [{ name: "u", user: { token: "let-me-in" } }],
    }),
    uid,
    job: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: jobName, namespace, uid },
      spec: { suspend: true, template: {} },
    },
    otherJobs: new Map(),
    events: [],
    logs: new Map(),
    pods,
    put: (pod) => {
      const name = pod.metadata?.name ?? "";
      const type = pods.has(name) ? "MODIFIED" : "ADDED";
      const stamped = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++version) } };
      pods.set(name, stamped);
      changes.push({ version, type, pod: stamped });
      tell(type, stamped);
    },
    remove: (name) => {
      const pod = pods.get(name);
      if (pod === undefined) return;
      pods.delete(name);
      const stamped = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++version) } };
      changes.push({ version, type: "DELETED", pod: stamped });
      tell("DELETED", stamped);
    },
    succeed: (index) => {
      const pod = podOf(index, { phase: "Succeeded" });
      cluster.logs.set(pod.metadata?.name ?? "", logOf(index));
      cluster.put(pod);
      return pod;
    },
    end: (type, reason, message) => {
      const condition = { type, status: "True", ...(reason && { reason }), ...(message && { message }) };
      cluster.job = { ...cluster.job, status: { conditions: [condition] } };
    },
    intercept: () => undefined,
    breakWatches: (how) => {
      if (how) tell("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" });
      for (const watch of watches) watch.end();
      watches.clear();
    },
    logsAtOnce: 0,
    largestPage: 0,
    lists: 0,
    requests: [],
    patches: [],
    afterPatch: () => undefined,
    completeAfter: 0,
    conditions: [{ type: "Complete", status: "True" }],
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
    start: () => listen(port),
  };
  return cluster;
}
