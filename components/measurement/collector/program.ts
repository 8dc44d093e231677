// From a Job that runs to what it measured: waits for its pods and reads each whole log as its pod ends. One of the two
// doors to the API server.
import { setTimeout as sleep } from "node:timers/promises";
import { BatchV1Api, CoreV1Api, KubeConfig, type V1Job } from "@kubernetes/client-node";
import type { Result } from "../../../analysis/pod-output.ts";
import type { Collection, NodeRecord } from "../../../analysis/records.ts";
import { sharedStream } from "../../../analysis/shared-streams.ts";
import { Failure } from "../../failure.js";
import { retryTransient, timing } from "../../kubernetes/requests.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import { type CollectorSettings, collectResults as contract } from "./contract.ts";
import { IndexedPods, newRunRemedy } from "./indexed-pods.ts";
import { PodLogs } from "./pod-logs.ts";
import { asDeleted, epochSeconds, type PodState, remedyFor, timesOf } from "./pod-state.ts";
import { listPods, watchPods } from "./pod-watch.ts";
import { Progress } from "./progress.ts";

const rerunRemedy = "run `pulumi up` again once the cause is gone: it starts a new Job";

/** `collect`, as Pulumi runs it. */
export const collectResults: Program = program(contract, collect);

/**
 * Ends when all results are there, or with the first reason why they won't be.
 * @throws Failure in one sentence that names pod, node, what was found, and what to do.
 */
export function collect(settings: CollectorSettings): Promise<Collection> {
  return new Collector(settings).collect();
}

class Collector {
  private readonly settings: CollectorSettings;
  private readonly job: string;
  private readonly config = new KubeConfig();
  private readonly labelSelector: string;
  private readonly pods: IndexedPods;
  private readonly podLogs: PodLogs;
  private readonly progress: Progress;
  private readonly results = new Map<number, Result>();
  /** Indices of pods that have ended, whose log is being read or has been. */
  private readonly ended = new Set<number>();
  private readonly completion = Promise.withResolvers<void>();
  private readonly finished = new AbortController();

  constructor(settings: CollectorSettings) {
    const { kubeconfig, namespace, job, uid, workers } = settings;
    this.settings = settings;
    this.job = `${namespace}/${job}`;
    this.config.loadFromString(kubeconfig);
    this.labelSelector = `batch.kubernetes.io/controller-uid=${uid}`;
    this.pods = new IndexedPods({ job: this.job, uid, workers });
    this.podLogs = new PodLogs(this.config, namespace);
    this.progress = new Progress(workers, logLine);
  }

  async collect(): Promise<Collection> {
    const { config, labelSelector } = this;
    const { namespace } = this.settings;
    const job = await this.readJob();
    const { reject } = this.completion;
    const onChange = (pod: PodState) => this.see(pod);
    // A pod that is gone before we saw its end was deleted; one whose log was read is not missed.
    const onGone = (pod: PodState) => this.see(asDeleted(pod));
    watchPods({ config, namespace, labelSelector, signal: this.finished.signal, onChange, onGone }).catch(reject);
    this.watchJob().catch(reject);
    try {
      await this.completion.promise;
    } finally {
      this.finished.abort();
    }
    return this.collection(job);
  }

  private see(pod: PodState): void {
    const index = this.pods.note(pod);
    if (this.ended.has(index)) return;
    if (pod.phase === "active") {
      this.progress.changed(index, pod.title, pod.activity);
      return;
    }
    this.ended.add(index);
    const read = pod.phase === "succeeded" ? this.readResult(index, pod) : this.fail(pod);
    read.catch(this.completion.reject);
  }

  private async readResult(index: number, pod: PodState): Promise<void> {
    this.results.set(index, await this.podLogs.result(pod));
    this.progress.finished(index, pod.node ?? "");
    if (this.results.size === this.settings.workers) this.completion.resolve();
  }

  private async fail(pod: PodState): Promise<never> {
    // The Job deletes its pods when its own time is up, and says so a moment later.
    for (let tries = 0; pod.deleted && tries < 6; tries++) {
      refuseFailed(this.job, await this.readJob(), this.pods);
      await sleep(timing.pause);
    }
    const lastWords = await this.podLogs.lastWords(pod);
    const remedy = remedyFor(pod, lastWords);
    throw new Failure(
      `The ${pod.title} ${pod.reason}; ${[lastWords, remedy, rerunRemedy].filter(Boolean).join("; ")}.`,
    );
  }

  /** What the pods don't tell: the Job was refused its pods, ran out of time, is done without some of them, or is gone. */
  private async watchJob(): Promise<void> {
    while (!this.finished.signal.aborted) {
      const job = await this.readJob();
      refuseFailed(this.job, job, this.pods);
      if (job.status?.conditions?.some(isTrue("Complete", "Failed"))) await this.lookForTheMissing();
      this.progress.tick();
      await sleep(4 * timing.pause, undefined, { signal: this.finished.signal });
    }
  }

  /** The Job has ended, so whoever is not among its pods now has no result and will have none. */
  private async lookForTheMissing(): Promise<void> {
    const { config, labelSelector } = this;
    const { pods } = await listPods({ config, labelSelector, namespace: this.settings.namespace });
    for (const pod of pods) this.see(pod);
    const missing = this.pods.missing(this.ended);
    if (missing.length === 0) return;
    throw new Failure(
      `Job ${this.job} has ended, but ${missing.length} of ${this.settings.workers} results are missing: ${missing.slice(0, 10).join(", ")}${missing.length > 10 ? ", …" : ""}: somebody has deleted these pods; ${newRunRemedy}.`,
    );
  }

  private async readJob(): Promise<V1Job> {
    const { namespace, job: name, uid } = this.settings;
    const batch = this.config.makeApiClient(BatchV1Api);
    const live = await retryTransient(
      `read Job ${this.job}`,
      (options) => batch.readNamespacedJob({ name, namespace }, options),
      `Job ${this.job} is gone: somebody has deleted it; run \`pulumi up --refresh\`, which sees that and makes it anew.`,
    );
    if (live.metadata?.uid === uid) return live;
    throw new Failure(
      `Job ${this.job} is not the one that this stack made (uid ${live.metadata?.uid}, expected ${uid}): somebody has replaced it; remove it with \`kubectl delete job -n ${namespace} ${name}\` and run \`pulumi up --refresh\`.`,
    );
  }

  private async collection(job: V1Job): Promise<Collection> {
    const { namespace, workers } = this.settings;
    const core = this.config.makeApiClient(CoreV1Api);
    const events = await retryTransient("read the events", (options) =>
      core.listNamespacedEvent({ namespace, fieldSelector: "reason=Pulled" }, options),
    );
    const created = epochSeconds(job.metadata?.creationTimestamp);
    if (created === null) {
      throw new Failure(`Job ${this.job} has no creationTimestamp: the API server is no Kubernetes that we know.`);
    }
    const nodes: NodeRecord[] = [];
    const logs: string[] = [];
    const pods: Collection["timeline"]["pods"] = [];
    for (let index = 0; index < workers; index++) {
      const [pod, result] = [this.pods.all.get(index), this.results.get(index)];
      // Nothing ends well before all are there.
      if (pod === undefined || result === undefined) throw new Error(`Completion index ${index} gave no result.`);
      nodes.push({ node: pod.node ?? "", pod: pod.name, index, ...result.run });
      logs.push(result.line);
      pods.push(timesOf(pod, events.items));
    }
    refuseSharedStream(nodes);
    return { timeline: { created, pods }, nodes, logs };
  }
}

const isTrue =
  (...types: string[]) =>
  (condition: { type: string; status: string }) =>
    types.includes(condition.type) && condition.status === "True";

/** A Job that failed for a reason of its own: its pods' reasons are told by the pods. */
function refuseFailed(name: string, job: V1Job, pods: IndexedPods): void {
  const failed = job.status?.conditions?.find(isTrue("Failed", "FailureTarget"));
  if (failed === undefined || failed.reason === "BackoffLimitExceeded") return;
  const states = [...pods.all.values()].map((pod) => `${pod.title}: ${pod.activity}`);
  const late = failed.reason === "DeadlineExceeded";
  throw new Failure(
    `Job ${name} failed: ${failed.reason}, ${failed.message ?? "no message"} (${states.slice(0, 10).join("; ") || "it had no pods"}); ${late ? "see what kept its pods waiting, or raise pi-speedup:timeout; " : ""}${rerunRemedy}.`,
  );
}

function refuseSharedStream(nodes: readonly NodeRecord[]): void {
  const pair = sharedStream(nodes);
  if (pair === undefined) return;
  const [one, other] = pair;
  throw new Failure(
    `The workers ${one.node} and ${other.node} counted the same in all ${one.rounds.length} rounds, so they threw the same points, where streams of their own were expected: see that components/workload/pi.py is unchanged; ${newRunRemedy}.`,
  );
}
