// From a suspended Job to what it measured: releases it, waits for its pods and reads each whole log as its pod ends, all by
// one clock. One of the two doors to the API server.
import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, type CoreV1Event, type V1Job } from "@kubernetes/client-node";
import * as v from "valibot";
import type { Result } from "../../../analysis/pod-output.ts";
import type { Collection, NodeRecord } from "../../../analysis/records.ts";
import { sharedStream } from "../../../analysis/shared-streams.ts";
import { Failure } from "../../failure.js";
import { shaped } from "../../kubernetes/answers.ts";
import { ClusterConfig } from "../../kubernetes/cluster-config.ts";
import { listAll, retryTransient, timing } from "../../kubernetes/requests.ts";
import { Interruption } from "../../program/interruption.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import { type CollectorSettings, collectResults as contract } from "./contract.ts";
import { IndexedPods, newJobRemedy } from "./indexed-pods.ts";
import { JobControl } from "./job-control.ts";
import { PodCreation, patience, VainWait } from "./pod-creation.ts";
import { PodLogs } from "./pod-logs.ts";
import {
  asDeleted,
  endingIn,
  eventSchema,
  isBareBackOff,
  type PodState,
  type PullEvent,
  pullFailureIn,
  pullSeconds,
  readPullEvent,
  remedyFor,
} from "./pod-state.ts";
import { listPods, watchPods } from "./pod-watch.ts";
import { Progress } from "./progress.ts";
import { remainingTime } from "./remaining-time.ts";
import { annotations, Stopwatch } from "./stopwatch.ts";

/** What an interrupted collector may take to suspend its Job, in milliseconds. */
const suspendWithin = 10_000;

/** What the pods of a suspended Job may take to go, in milliseconds: their grace, and a kubelet that is busy. */
const podsGoWithin = 30_000;

const rerunRemedy = "run `pulumi up` again once the cause is gone: it starts a new Job";

/** Pages of the namespace's events: those of an hour, in which a study may have started a Job of thousands many times. */
const mostEventPages = 800;

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
  private readonly config: ClusterConfig;
  /** Of this Job's pods. Its name changed with Kubernetes 1.27, so it is taken from the Job itself. */
  private labelSelector: string;
  private readonly pods: IndexedPods;
  private readonly podLogs: PodLogs;
  private readonly control: JobControl;
  private readonly stopwatch = new Stopwatch();
  private readonly progress: Progress;
  private readonly results = new Map<number, Result>();
  /** Indices of pods that have ended, whose log is being read or has been. */
  private readonly ended = new Set<number>();
  private readonly completion = Promise.withResolvers<void>();
  private readonly finished = new AbortController();
  /** Aborted by a signal: the Job must not be released any more. */
  private readonly interrupted = new AbortController();
  private releasing: Promise<void> = Promise.resolve();
  private toldOfSidecars = false;
  /** Pods by index whose start has met with something that may pass, and when that was first seen, in milliseconds. */
  private readonly late = new Map<number, { since: number; pod: PodState }>();

  constructor(settings: CollectorSettings) {
    const { kubeconfig, namespace, job, uid, workers, asked } = settings;
    this.settings = settings;
    this.job = `${namespace}/${job}`;
    this.config = new ClusterConfig(kubeconfig);
    this.labelSelector = `controller-uid=${uid}`;
    this.pods = new IndexedPods({ job: this.job, uid, workers });
    this.podLogs = new PodLogs(this.config, namespace, asked, this.finished.signal);
    this.control = new JobControl(this.config, { namespace, job, uid });
    this.progress = new Progress(workers, logLine);
  }

  async collect(): Promise<Collection> {
    await this.config.login();
    const found = await this.findJob();
    const { config, labelSelector } = this;
    const { namespace } = this.settings;
    if (found === "waiting") await this.announce();
    const reject = (error: unknown) => this.giveUp(error);
    const onListed = () => {
      if (found === "waiting") this.releasing = this.release();
      this.releasing.then(() => this.watchJob()).catch(reject);
    };
    const onChange = (pod: PodState) => this.see(pod);
    // A pod that is gone before we saw its end was deleted; one whose log was read is not missed.
    const onGone = (pod: PodState) => this.see(asDeleted(pod));
    const { signal } = this.finished;
    const stopListening = this.endOnSignal();
    watchPods({ config, namespace, labelSelector, signal, onListed, onChange, onGone }).catch(reject);
    try {
      await this.completion.promise;
    } catch (error) {
      if (error instanceof VainWait) await this.suspendInVain();
      throw error;
    } finally {
      this.finished.abort();
      stopListening();
    }
    return this.collection(found);
  }

  private async announce(): Promise<void> {
    const { announcement, series, namespace } = this.settings;
    if (announcement === undefined) return;
    const time = series === undefined ? "" : `${await remainingTime(this.config, namespace, series)}.`;
    logLine(`${announcement}${time}`);
  }

  /**
   * What has become of the Job so far. `timed`: it has ended, and another run of the collector has left its times.
   * @throws Failure when it runs already: nobody has timed it from its start.
   */
  private async findJob(): Promise<"waiting" | "timed" | "untimed"> {
    const job = await this.control.read();
    this.labelSelector = selectorOf(job) ?? this.labelSelector;
    if (hasEnded(job)) {
      const { [annotations.released]: released, [annotations.timeline]: timeline } = job.metadata?.annotations ?? {};
      return this.stopwatch.restore(released, timeline, this.settings.workers) ? "timed" : "untimed";
    }
    if (job.spec?.suspend === true && job.metadata?.annotations?.[annotations.released] === undefined) return "waiting";
    await this.control.suspend();
    if (job.metadata?.annotations?.[annotations.released] === undefined && (await this.startsOver())) return "waiting";
    throw new Failure(
      `Job ${this.job} was started before this run could time it: it is suspended again. Run \`pulumi up\` again: it starts a new Job.`,
    );
  }

  /**
   * Whether all pods of a Job that was just suspended go, so that it begins from its start when it is released. A Job that
   * replaces one which `pulumi refresh` has seen running is made like that one: not suspended.
   */
  private async startsOver(): Promise<boolean> {
    const { config, labelSelector } = this;
    const end = Date.now() + podsGoWithin;
    for (;;) {
      const { pods } = await listPods({ config, labelSelector, namespace: this.settings.namespace });
      if (pods.length === 0) return true;
      if (pods.some(({ phase }) => phase === "succeeded") || Date.now() > end) return false;
      await sleep(timing.pause);
    }
  }

  private async release(): Promise<void> {
    if (this.interrupted.signal.aborted) return;
    await this.control.release(this.stopwatch, AbortSignal.any([this.finished.signal, this.interrupted.signal]));
  }

  /** A run that is broken off leaves no Job that computes on. A second signal ends the program at once. */
  private endOnSignal(): () => void {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const end = (signal: NodeJS.Signals) => {
      stop();
      this.interrupt(signal).catch(this.completion.reject);
    };
    const stop = () => {
      for (const signal of signals) process.removeListener(signal, end);
    };
    for (const signal of signals) process.once(signal, end);
    return stop;
  }

  /** @throws Interruption, or the Failure that says why the Job goes on. */
  private async interrupt(signal: NodeJS.Signals): Promise<never> {
    this.interrupted.abort(new Error(`${signal} was received`));
    await this.releasing.catch(() => {});
    try {
      await this.control.suspend(AbortSignal.timeout(suspendWithin));
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Interruption(
        `The collection was interrupted, and Job ${this.job} could not be suspended within ${suspendWithin / 1000} s: its pods may run on. Run \`pulumi up\` again once the API server answers.`,
        signal,
      );
    }
    throw new Interruption(
      `The collection was interrupted: Job ${this.job} is suspended. Run \`pulumi up\` again: it starts a new Job.`,
      signal,
    );
  }

  /** The first reason why there will be no result counts; after a signal that is the signal. */
  private giveUp(error: unknown): void {
    if (!this.interrupted.signal.aborted) this.completion.reject(error);
  }

  private see(pod: PodState): void {
    const index = this.pods.note(pod);
    if (this.ended.has(index)) return;
    if (pod.sidecars.length > 0 && !this.toldOfSidecars) {
      this.toldOfSidecars = true;
      logLine(
        `The ${pod.title} has a container beside ours (${pod.sidecars.join(", ")}), which shares the cores that are measured.`,
      );
    }
    if (pod.node !== undefined) this.stopwatch.note(index, "scheduled");
    if (pod.started) this.stopwatch.note(index, "started");
    if (this.mayStartLater(index, pod)) {
      this.progress.changed(index, pod.title, `${pod.reason ?? pod.activity}, which may pass`);
      return;
    }
    if (pod.phase === "active") {
      this.progress.changed(index, pod.title, pod.activity);
      return;
    }
    this.ended.add(index);
    this.stopwatch.note(index, "finished");
    const read = pod.phase === "succeeded" ? this.readResult(index, pod) : this.fail(pod);
    read.catch((error) => this.giveUp(error));
  }

  private mayStartLater(index: number, pod: PodState): boolean {
    const before = this.late.get(index);
    if (!pod.mayStartLater || pod.deleted) {
      this.late.delete(index);
      return false;
    }
    const since = before?.since ?? performance.now();
    this.late.set(index, { since, pod: { ...pod, mayStartLater: false } });
    return performance.now() - since < patience.start;
  }

  /** Gives up the pods whose start has been in trouble for too long. */
  private refuseLate(): void {
    for (const [index, { since, pod }] of this.late) {
      if (pod.phase !== "failed" || performance.now() - since < patience.start) continue;
      this.late.delete(index);
      this.see(pod);
    }
  }

  private async readResult(index: number, pod: PodState): Promise<void> {
    const result = await this.podLogs.result(pod);
    this.stopwatch.note(index, "read");
    this.results.set(index, result);
    this.progress.finished(index, pod.node ?? "");
    if (this.results.size === this.settings.workers) this.completion.resolve();
  }

  private async fail(pod: PodState): Promise<never> {
    // The Job deletes its pods when its own time is up, and says so a moment later.
    for (let tries = 0; pod.deleted && tries < 6; tries++) {
      refuseFailed(this.job, await this.control.read(), this.pods);
      await sleep(timing.pause);
    }
    const lastWords = await this.podLogs.lastWords(pod);
    const why = await this.causeByEvents(pod);
    const remedy = remedyFor(pod, `${lastWords} ${why}`);
    throw new Failure(
      `The ${pod.title} ${pod.reason}${why}; ${[lastWords, remedy, rerunRemedy].filter(Boolean).join("; ")}.`,
    );
  }

  /** What the pod's status does not tell of its end or its start, in parentheses after a blank; empty where nothing tells. */
  private async causeByEvents(pod: PodState): Promise<string> {
    const { uid, deleted, disruption } = pod;
    const isDeletion = deleted && disruption === "";
    if (!isDeletion && !isBareBackOff(pod)) return "";
    // A pod that fails ends the Job, and with it all the others, even if it was not our container that has failed.
    const culprit = [...this.pods.all.values()].find(({ sidecarFailure }) => sidecarFailure !== undefined);
    if (isDeletion && culprit !== undefined) {
      return ` (the Job failed, since a container beside ours in the ${culprit.title} did: ${culprit.sidecarFailure})`;
    }
    if (uid === undefined) return "";
    try {
      const events = await this.eventsOf(uid, []);
      return isDeletion ? endingIn(events) : pullFailureIn(events);
    } catch (error) {
      if (error instanceof Failure) return "";
      throw error;
    }
  }

  /** What the pods don't tell: the Job was refused its pods, ran out of time, is done without some of them, or is gone. */
  private async watchJob(): Promise<void> {
    const released = performance.now();
    const { job: name, settings } = this;
    const creation = new PodCreation({ job: name, workers: settings.workers, tell: logLine });
    while (!this.finished.signal.aborted) {
      const job = await this.control.read(this.finished.signal);
      refuseFailed(name, job, this.pods);
      this.refuseSuspended(job);
      if (hasEnded(job)) await this.lookForTheMissing();
      else {
        if (creation.isWaiting(this.pods.all.size)) creation.examine(await this.refusals());
        this.refuseEndless(job, performance.now() - released);
        this.refuseLate();
      }
      this.progress.tick();
      await sleep(4 * timing.pause, undefined, { signal: this.finished.signal });
    }
  }

  /** The Job has ended, so whoever is not among its pods now has no result and will have none. */
  private async lookForTheMissing(): Promise<void> {
    // All have been seen to end. Their logs may take minutes, and the list is long.
    if (this.ended.size === this.settings.workers) return;
    const { config, labelSelector } = this;
    const { pods } = await listPods({ config, labelSelector, namespace: this.settings.namespace });
    for (const pod of pods) this.see(pod);
    const missing = this.pods.missing(this.ended);
    if (missing.length === 0) return;
    throw new Failure(
      `Job ${this.job} has ended, but ${missing.length} of ${this.settings.workers} results are missing: ${missing.slice(0, 10).join(", ")}${missing.length > 10 ? ", …" : ""}: somebody has deleted these pods; ${newJobRemedy(this.job)}.`,
    );
  }

  /** Events that say why pods of the Job were not created. */
  private async refusals(): Promise<CoreV1Event[]> {
    const events = await this.eventsOf(this.settings.uid, ["reason=FailedCreate"]);
    return events.filter(({ reason }) => reason === "FailedCreate");
  }

  /** Some events of one thing. */
  private async eventsOf(uid: string, further: readonly string[]): Promise<CoreV1Event[]> {
    const { namespace } = this.settings;
    const core = this.config.makeApiClient(CoreV1Api);
    const fieldSelector = [`involvedObject.uid=${uid}`, ...further].join(",");
    const { items } = await retryTransient(
      `read the events of Job ${this.job}`,
      async (options) => {
        const list = await core.listNamespacedEvent({ namespace, fieldSelector, limit: 50 }, options);
        return { items: shaped(v.array(eventSchema), list.items, "the events") };
      },
      undefined,
      this.finished.signal,
    );
    // A server that takes no notice of the selector.
    return items.filter(({ involvedObject }) => involvedObject.uid === uid);
  }

  /** Kubernetes ends a Job whose time is up, unless its controllers are down. */
  private refuseEndless({ spec }: V1Job, elapsed: number): void {
    const deadline = 1000 * (spec?.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY);
    if (elapsed < deadline + patience.afterDeadline) return;
    throw new VainWait(
      `Job ${this.job} has not ended ${Math.round(elapsed / 1000)} s after its release, where Kubernetes was to end it after ${deadline / 1000} s (last seen: ${this.states()}). Check that the cluster's controller manager runs, and run \`pulumi up\` again: it starts a new Job.`,
    );
  }

  /** What the pods were last seen doing, a few of them. */
  private states(): string {
    const states = [...this.pods.all.values()].map((pod) => `${pod.title}: ${pod.activity}`);
    return states.slice(0, 10).join("; ") || "it had no pods";
  }

  /** A Job that was given up must not begin when nobody looks any more. */
  private async suspendInVain(): Promise<void> {
    try {
      await this.control.suspend(AbortSignal.timeout(suspendWithin));
    } catch {
      logLine(
        `Job ${this.job} could not be suspended within ${suspendWithin / 1000} s: its pods may run later. \`pulumi up\` or \`pulumi destroy\` ends them.`,
      );
    }
  }

  /** Once it was released, nobody but somebody else suspends it, and that deletes its pods. */
  private refuseSuspended(job: V1Job): void {
    if (job.spec?.suspend !== true || hasEnded(job)) return;
    throw new Failure(
      `Job ${this.job} was suspended by somebody else while it ran, which deletes its pods. Find out who does that, such as a queue of the cluster's, and run \`pulumi up\` again: it starts a new Job.`,
    );
  }

  /** Whether containers beside ours keep the Job from ever being complete. They and their cores would be in the next Job's way. */
  private async endedForSidecars(): Promise<boolean> {
    const { config, labelSelector } = this;
    const { namespace } = this.settings;
    const { pods } = await listPods({ config, labelSelector, namespace });
    const pod = pods.find(({ sidecars }) => sidecars.length > 0);
    if (pod === undefined) return false;
    await this.control.suspend();
    logLine(
      `The results of Job ${this.job} are all there, but it can't complete: beside ours the container ${pod.sidecars.join(", ")} runs on in the ${pod.title}. Its pods were ended, and the next \`pulumi up\` measures again. Keep what adds that container, such as a service mesh, off the namespace "${namespace}".`,
    );
    return true;
  }

  private async collection(found: "waiting" | "timed" | "untimed"): Promise<Collection> {
    const { workers } = this.settings;
    const pullsOf = await this.pullEvents();
    const nodes: NodeRecord[] = [];
    const logs: string[] = [];
    const pulls: (number | null)[] = [];
    for (let index = 0; index < workers; index++) {
      const [pod, result] = [this.pods.all.get(index), this.results.get(index)];
      // Nothing ends well before all are there.
      if (pod === undefined || result === undefined) throw new Error(`Completion index ${index} gave no result.`);
      nodes.push({ node: pod.node ?? "", pod: pod.name, index, digest: pod.digest, ...result.run });
      logs.push(result.line);
      pulls.push(pullSeconds(pod, pullsOf.get(pod.uid ?? "") ?? []));
    }
    refuseSharedStream(this.job, nodes);
    const timeline = this.stopwatch.timeline(nodes, pulls);
    if (found === "waiting") {
      const stored = this.stopwatch.stored(timeline);
      if (stored !== undefined) await this.control.annotate({ [annotations.timeline]: stored });
      else {
        logLine(
          `The times of ${workers} pods are too many for the annotations of Job ${this.job}: they are in this run's outputs alone.`,
        );
      }
      await this.close();
    }
    return { timeline, nodes, logs };
  }

  /** Events that tell how the images came, by the uids of this Job's pods. The namespace has those of former Jobs as well. */
  private async pullEvents(): Promise<Map<string, PullEvent[]>> {
    const { namespace } = this.settings;
    const core = this.config.makeApiClient(CoreV1Api);
    const uids = new Set([...this.pods.all.values()].map(({ uid }) => uid));
    const isOurs = (event: PullEvent | undefined) => event !== undefined && uids.has(event.involvedObject.uid);
    const { items } = await listAll(
      "read the events",
      (page, options) => core.listNamespacedEvent({ namespace, fieldSelector: "reason=Pulled", ...page }, options),
      {
        keep: (item) => {
          const event = readPullEvent(item);
          return isOurs(event) ? event : undefined;
        },
        pages: mostEventPages,
      },
    );
    return Map.groupBy(items, ({ involvedObject }) => involvedObject.uid ?? "");
  }

  /**
   * Kubernetes says a second or two after its pods that a Job is complete. Until then Pulumi takes it for one to be replaced.
   * From then on `suspend` has no effect, and is put back to what Pulumi has declared: a refresh finds nothing that differs.
   */
  private async close(): Promise<void> {
    const began = Date.now();
    for (let looked = false; Date.now() < began + patience.complete; ) {
      if (hasEnded(await this.control.read())) return await this.control.suspend();
      if (!looked && Date.now() >= began + patience.sidecars) {
        looked = true;
        if (await this.endedForSidecars()) return;
      }
      await sleep(timing.pause / 2);
    }
    logLine(
      `Job ${this.job} is not complete ${patience.complete / 1000} s after its last pod has ended. The results are all there, but the next \`pulumi up\` may measure again: check that the cluster's controller manager runs.`,
    );
  }
}

const isTrue =
  (...types: string[]) =>
  (condition: { type: string; status: string }) =>
    types.includes(condition.type) && condition.status === "True";

/** How the Job's controller finds its pods; undefined where the Job does not tell. */
function selectorOf({ spec }: V1Job): string | undefined {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {}).filter(([, value]) => /^[\w.-]+$/.test(value));
  return labels.length === 0 ? undefined : labels.map(([key, value]) => `${key}=${value}`).join(",");
}

function hasEnded({ status }: V1Job): boolean {
  return status?.conditions?.some(isTrue("Complete", "Failed")) ?? false;
}

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

function refuseSharedStream(job: string, nodes: readonly NodeRecord[]): void {
  const pair = sharedStream(nodes);
  if (pair === undefined) return;
  const [one, other] = pair;
  throw new Failure(
    `The workers ${one.node} and ${other.node} counted the same in all ${one.rounds.length} rounds, so they threw the same points, where streams of their own were expected: see that components/workload/pi.py is unchanged; ${newJobRemedy(job)}.`,
  );
}
