// Waits for the pods of one Job, reads each whole log as its pod ends, and prints one JSON document: what
// ran where, and when. One of the two doors to the API server.
import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  type V1Job,
  type V1Pod,
} from "@kubernetes/client-node";
import * as v from "valibot";
import { answer, Failure, say } from "../command.ts";
import { containerName } from "../workload/job.ts";
import { parseLog, type Result } from "./logs.ts";
import { completionIndex, describe, epochSeconds, failedCheck, failureOf, progressOf, timesOf } from "./pods.ts";
import type { Collection, NodeRecord } from "./records.ts";
import { sharedStream } from "./streams.ts";

const settingsSchema = v.object({
  kubeconfig: v.string(),
  namespace: v.string(),
  job: v.string(),
  /** The Job's identity: results of another one of that name are not taken. */
  uid: v.string(),
  /** How many results there must be. */
  workers: v.number(),
});
type Settings = v.InferOutput<typeof settingsSchema>;

const again = "run `pulumi up` again once the cause is gone: it starts a new Job";
const milliseconds = { retry: 500, patience: 60_000, jobCheck: 2_000 };

class Collector {
  private readonly settings: Settings;
  private readonly config = new KubeConfig();
  private readonly core: CoreV1Api;
  private readonly batch: BatchV1Api;
  private readonly pods = new Map<number, V1Pod>();
  private readonly results = new Map<number, Promise<Result>>();

  constructor(settings: Settings) {
    this.settings = settings;
    this.config.loadFromString(settings.kubeconfig);
    this.core = this.config.makeApiClient(CoreV1Api);
    this.batch = this.config.makeApiClient(BatchV1Api);
  }

  async collect(): Promise<Collection> {
    const { namespace, workers } = this.settings;
    const job = await this.readJob();
    await this.waitForPods();
    const indices = Array.from({ length: workers }, (_, index) => index);
    const results = await Promise.all(indices.map((index) => this.resultOf(index)));
    const events = await patiently("read the events", () =>
      this.core.listNamespacedEvent({ namespace, fieldSelector: "reason=Pulled" }),
    );
    const pods = indices.map((index) => this.podOf(index));
    this.refuseSharedNodes(pods);
    const nodes = results.map(({ run }, index) => ({
      node: pods[index]?.spec?.nodeName ?? "",
      pod: pods[index]?.metadata?.name ?? "",
      index,
      ...run,
    }));
    refuseSharedStream(nodes);
    return {
      timeline: {
        created: this.creationOf(job),
        pods: pods.map((pod) => timesOf(pod, events.items)),
      },
      nodes,
      logs: results.map(({ line }) => line),
    };
  }

  /** Ends when every pod has succeeded; fails with the first that can't. */
  private async waitForPods(): Promise<void> {
    const { namespace, job, uid } = this.settings;
    const selector = `batch.kubernetes.io/controller-uid=${uid}`;
    const list = () => this.core.listNamespacedPod({ namespace, labelSelector: selector });
    const informer = makeInformer<V1Pod>(this.config, `/api/v1/namespaces/${namespace}/pods`, list, selector);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const seen = (pod: V1Pod) => this.see(pod).then((all) => all && resolve(), reject);
    informer.on("add", seen);
    informer.on("update", seen);
    informer.on("delete", (pod) => {
      const index = completionIndex(pod);
      if (index !== undefined && !this.results.has(index))
        seen({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date() } });
    });
    let unreachableSince: number | undefined;
    let stopped = false;
    informer.on("connect", () => {
      unreachableSince = undefined;
    });
    const start = () =>
      informer.start().catch((error: unknown) => {
        if (stopped) return;
        unreachableSince ??= Date.now();
        if (Date.now() - unreachableSince > milliseconds.patience) {
          reject(
            new Failure(
              `The API server has not answered for ${milliseconds.patience / 1000} s while Job ${namespace}/${job} ran (${causeOf(error)}): see that it runs, and run \`pulumi up\` again: the Job goes on without us.`,
            ),
          );
        } else setTimeout(start, milliseconds.retry);
      });
    // A watch ends with an error when we stop it, too.
    informer.on("error", () => stopped || setTimeout(start, milliseconds.retry));
    let jobCheck: NodeJS.Timeout | undefined;
    const checkAgain = () => {
      if (!stopped) jobCheck = setTimeout(() => void this.checkJob().then(checkAgain, reject), milliseconds.jobCheck);
    };
    checkAgain();
    try {
      await start();
      await promise;
    } finally {
      clearTimeout(jobCheck);
      stopped = true;
      await informer.stop();
    }
  }

  /** Notes a pod's news. True when all pods have succeeded. */
  private async see(pod: V1Pod): Promise<boolean> {
    const index = completionIndex(pod);
    if (index === undefined) return false;
    const former = this.pods.get(index);
    if (former !== undefined && former.metadata?.uid !== pod.metadata?.uid) {
      throw new Failure(
        `Completion index ${index} has two pods, ${describe(former)} and ${describe(pod)}, where one was expected: ${again}.`,
      );
    }
    this.pods.set(index, pod);
    const failure = failureOf(pod);
    if (failure !== undefined) {
      throw new Failure(`The ${describe(pod)} ${failure}; ${await this.lastWords(pod)}; ${again}.`);
    }
    if (pod.status?.phase === "Succeeded" && !this.results.has(index)) {
      const result = this.read(pod);
      // Awaited when all are there; until then a failure must not count as unhandled.
      result.catch(() => {});
      this.results.set(index, result);
      say(`${this.results.size}/${this.settings.workers} workers done: ${pod.spec?.nodeName}`);
    } else if (former === undefined || progressOf(former) !== progressOf(pod)) {
      say(`${describe(pod)}: ${progressOf(pod)}`);
    }
    return this.results.size === this.settings.workers;
  }

  private async read(pod: V1Pod): Promise<Result> {
    try {
      return parseLog(await this.logOf(pod), describe(pod));
    } catch (error) {
      throw error instanceof Failure
        ? error
        : new Failure(`${error instanceof Error ? error.message : error} To mend it, ${again}.`);
    }
  }

  private logOf(pod: V1Pod): Promise<string> {
    const { namespace } = this.settings;
    return patiently(`read the log of ${describe(pod)}`, () =>
      this.core.readNamespacedPodLog({ name: pod.metadata?.name ?? "", namespace, container: containerName }),
    );
  }

  /** The end of a failed pod's log, as part of a sentence. */
  private async lastWords(pod: V1Pod): Promise<string> {
    const { namespace } = this.settings;
    const ended =
      failedCheck(pod) ?? pod.status?.containerStatuses?.find(({ state }) => state?.terminated !== undefined);
    if (ended === undefined) return "it wrote no log";
    try {
      const name = pod.metadata?.name ?? "";
      const log = await this.core.readNamespacedPodLog({ name, namespace, container: ended.name, tailLines: 5 });
      return log.trim() === "" ? "its log is empty" : `the last lines of its log: «${log.trim()}»`;
    } catch (error) {
      return `its log can't be read (${causeOf(error)})`;
    }
  }

  private readJob(): Promise<V1Job> {
    const { namespace, job, uid } = this.settings;
    return patiently(`read Job ${namespace}/${job}`, () => this.batch.readNamespacedJob({ name: job, namespace })).then(
      (live) => {
        if (live.metadata?.uid === uid) return live;
        throw new Failure(
          `Job ${namespace}/${job} is not the one that this stack made (uid ${live.metadata?.uid}, expected ${uid}): run \`pulumi refresh\` and \`pulumi up\`.`,
        );
      },
    );
  }

  /** What the pods don't tell: the Job was refused its pods, ran out of time, or is gone. */
  private async checkJob(): Promise<void> {
    const { namespace, job } = this.settings;
    const live = await this.readJob();
    const failed = live.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
    if (failed === undefined || failed.reason === "BackoffLimitExceeded") return;
    const states = [...this.pods.values()].map((pod) => `${describe(pod)}: ${progressOf(pod)}`);
    throw new Failure(
      `Job ${namespace}/${job} failed: ${failed.reason}, ${failed.message ?? ""} (${states.join("; ") || "it had no pods"}); raise pi-speedup:timeout or lower pi-speedup:samples if it was only slow; ${again}.`,
    );
  }

  private creationOf(job: V1Job): number {
    const created = epochSeconds(job.metadata?.creationTimestamp);
    if (created === null)
      throw new Failure(
        `Job ${job.metadata?.name} has no creationTimestamp: the API server is no Kubernetes that we know.`,
      );
    return created;
  }

  private podOf(index: number): V1Pod {
    const pod = this.pods.get(index);
    if (pod === undefined) throw new Failure(`Completion index ${index} gave no result: ${again}.`);
    return pod;
  }

  private async resultOf(index: number): Promise<Result> {
    const result = await this.results.get(index);
    if (result === undefined) throw new Failure(`Completion index ${index} gave no result: ${again}.`);
    return result;
  }

  private refuseSharedNodes(pods: readonly V1Pod[]): void {
    const byNode = new Map<string, string>();
    for (const pod of pods) {
      const node = pod.spec?.nodeName ?? "";
      const other = byNode.get(node);
      if (other !== undefined)
        throw new Failure(
          `Pods ${other} and ${pod.metadata?.name} both ran on node ${node}, one on each was expected: ${again}.`,
        );
      byNode.set(node, pod.metadata?.name ?? "");
    }
  }
}

function refuseSharedStream(nodes: readonly NodeRecord[]): void {
  const pair = sharedStream(nodes);
  if (pair === undefined) return;
  const [one, other] = pair;
  throw new Failure(
    `The workers ${one.node} and ${other.node} counted the same in all ${one.rounds.length} rounds, so they threw the same points, where streams of their own were expected: see that components/workload/pi.py is unchanged; ${again}.`,
  );
}

/** Calls again what failed for want of an answer, for a minute; everything the API server really refused fails at once. */
async function patiently<T>(what: string, call: () => Promise<T>): Promise<T> {
  const end = Date.now() + milliseconds.patience;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const transient = !(error instanceof ApiException) || error.code === 429 || error.code >= 500;
      if (!transient || Date.now() > end) {
        throw new Failure(`Could not ${what}: ${causeOf(error)}. Run \`pulumi up\` again once the cause is gone.`);
      }
      await new Promise((resolve) => setTimeout(resolve, milliseconds.retry));
    }
  }
}

const statusSchema = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

/** The API server's own words, or the network's. */
function causeOf(error: unknown): string {
  if (error instanceof ApiException) {
    const status = v.safeParse(statusSchema, error.body);
    return status.success ? status.output.message : `HTTP status ${error.code}`;
  }
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

await answer(settingsSchema, (settings) => new Collector(settings).collect());
