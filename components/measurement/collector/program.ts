// Takes a Job from suspended to measured: releases it, waits for its pods, and reads each complete log as its pod ends,
// all with one clock. One of two modules that access the API server.

import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, type CoreV1Event, type V1Job } from "@kubernetes/client-node";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { type FaultId, withId } from "../../../analysis/fault-ids.js";
import type { Result } from "../../../analysis/pod-output.ts";
import type { Collection, NodeRecord } from "../../../analysis/records.ts";
import { sharedStream } from "../../../analysis/shared-streams.ts";
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
import { PodStart } from "./pod-start.ts";
import {
  asDeleted,
  endingIn,
  eventSchema,
  faultOf,
  isBareBackOff,
  type PodState,
  type PullEvent,
  pullFailureIn,
  pullSeconds,
  readPullEvent,
} from "./pod-state.ts";
import { listPods, watchPods } from "./pod-watch.ts";
import { Progress } from "./progress.ts";
import { remainingTime } from "./remaining-time.ts";
import { annotations, Stopwatch } from "./stopwatch.ts";

/** Milliseconds that the pods of a suspended Job may take to disappear: their grace period, and a busy kubelet. */
const podsGoWithin = 30_000;

const rerunRemedy = "Then run `pulumi up` again, which starts a new Job.";

/**
 * Pages of the namespace's events. These cover an hour, in which a study may have started a Job of thousands of pods
 * many times.
 */
const mostEventPages = 800;

/** `collect`, as Pulumi runs it. */
export const collectResults: Program = program(contract, collect);

/**
 * Ends when all results have been read, or with the first reason why this is impossible.
 * @throws Failure in one sentence that names the pod, the node, the problem, and what to do.
 */
export function collect(settings: CollectorSettings): Promise<Collection> {
  return new Collector(settings).collect();
}

class Collector {
  private readonly settings: CollectorSettings;
  private readonly job: string;
  private readonly config: ClusterConfig;
  /** The label selector of this Job's pods. Its name changed in Kubernetes 1.27, so it is taken from the Job itself. */
  private labelSelector: string;
  private readonly pods: IndexedPods;
  private readonly podLogs: PodLogs;
  private readonly control: JobControl;
  private readonly stopwatch = new Stopwatch();
  private readonly progress: Progress;
  private readonly results = new Map<number, Result>();
  /** Indices of pods that have ended, whose log is being read or has been read. */
  private readonly ended = new Set<number>();
  private readonly completion = Promise.withResolvers<void>();
  private readonly finished = new AbortController();
  /** Aborted by a signal, after which the Job must not be released. */
  private readonly interrupted = new AbortController();
  private releasing: Promise<void> = Promise.resolve();
  private toldOfSidecars = false;
  /**
   * Pods whose start has a problem that may be temporary, by index: when it was first seen, and since when it has been gone,
   * in milliseconds. A sidecar that is restarted repeatedly looks well for a moment each time.
   */
  private readonly late = new Map<number, { since: number; pod: PodState; well: number | undefined }>();

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
    // A pod that disappears before we saw its end was deleted. One whose log has been read is not needed any more.
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
   * The state of the Job so far. `timed`: it has ended, and an earlier run of the collector has recorded its times.
   * @throws Failure if it is already running, because nobody has timed its start.
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
      "job-started-early",
      `Job ${this.job} was started before this run could time it, so it was suspended again. Run \`pulumi up\` again, which starts a new Job.`,
    );
  }

  /**
   * Whether all pods of a newly suspended Job disappear, so that it starts from the beginning when released. If a Job
   * replaces one that `pulumi refresh` saw running, it is created like that one: not suspended.
   */
  private async startsOver(): Promise<boolean> {
    const { config, labelSelector } = this;
    const end = performance.now() + podsGoWithin;
    for (;;) {
      const { pods } = await listPods({ config, labelSelector, namespace: this.settings.namespace });
      if (pods.length === 0) return true;
      if (pods.some(({ phase }) => phase === "succeeded") || performance.now() > end) return false;
      await sleep(timing.pause);
    }
  }

  private async release(): Promise<void> {
    if (this.interrupted.signal.aborted) return;
    await this.control.release(this.stopwatch, AbortSignal.any([this.finished.signal, this.interrupted.signal]));
  }

  /** An interrupted run leaves no computing Job behind. A second signal ends the program at once. */
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

  /** @throws Interruption, or the Failure that says why the Job continues. */
  private async interrupt(signal: NodeJS.Signals): Promise<never> {
    this.interrupted.abort(new Error(`${signal} was received`));
    await this.releasing.catch(() => {});
    try {
      await this.control.suspend(AbortSignal.timeout(patience.suspend));
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Interruption(
        "collection-not-suspended",
        `The collection was interrupted, but Job ${this.job} could not be suspended within ${patience.suspend / 1000} s, so its pods may still run. Run \`pulumi up\` again once the API server answers.`,
        signal,
      );
    }
    throw new Interruption(
      "collection-interrupted",
      `The collection was interrupted, and Job ${this.job} was suspended. Run \`pulumi up\` again, which starts a new Job.`,
      signal,
    );
  }

  /** The first reason why a result is impossible counts. After a signal, the signal is the reason. */
  private giveUp(error: unknown): void {
    if (!this.interrupted.signal.aborted) this.completion.reject(error);
  }

  private see(pod: PodState): void {
    const index = this.pods.note(pod);
    if (this.ended.has(index)) return;
    if (pod.sidecars.length > 0 && !this.toldOfSidecars) {
      this.toldOfSidecars = true;
      logLine(
        withId(
          "sidecar-beside",
          `The ${pod.title} has a container beside ours (${pod.sidecars.join(", ")}), which shares the cores that are measured. Keep whatever adds it, such as a service mesh, out of this namespace.`,
        ),
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
    const [before, now] = [this.late.get(index), performance.now()];
    if (!pod.mayStartLater || pod.deleted) {
      if (pod.started || pod.phase !== "active") this.late.delete(index);
      else if (before !== undefined) this.late.set(index, { ...before, well: before.well ?? now });
      return false;
    }
    const goesOn = before !== undefined && (before.well === undefined || now - before.well < patience.recovered);
    const since = goesOn ? before.since : now;
    this.late.set(index, { since, pod: { ...pod, mayStartLater: false }, well: undefined });
    return now - since < patience.start;
  }

  /** Gives up on pods that could not start for too long. */
  private refuseLate(): void {
    for (const [index, { since, pod, well }] of this.late) {
      if (well !== undefined || pod.phase !== "failed" || performance.now() - since < patience.start) continue;
      this.late.delete(index);
      this.see(pod);
    }
  }

  /** Gives up on a pod that has a node but does not begin. Only its events show the reason. */
  private async refuseUnbegun(starts: PodStart): Promise<void> {
    for (const pod of starts.late(this.pods.all.values())) {
      const reason = starts.refusal(pod, await this.eventsOf(pod.uid ?? "", ["type=Warning"]));
      if (reason !== undefined) await this.fail({ ...pod, phase: "failed", reason });
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
    // Another reason may end the run first. Nobody waits for this one then, and nothing may keep the program from ending.
    const { signal } = this.finished;
    // The Job deletes its pods at its deadline, and reports this a moment later.
    for (let tries = 0; pod.deleted && tries < 6; tries++) {
      refuseFailed(this.job, await this.control.read(signal), this.pods);
      await sleep(timing.pause, undefined, { signal });
    }
    const lastWords = await this.podLogs.lastWords(pod);
    const { why, fault } = await this.causeByEvents(pod);
    const found = faultOf(pod, `${lastWords} ${why}`);
    const remedy = found.remedy || "Remove the cause.";
    // A pod that cannot start now may start later, when nobody watches it.
    const Kind = pod.started || pod.deleted ? Failure : VainWait;
    throw new Kind(
      found.id === pod.deletion ? fault : found.id,
      `The ${pod.title} ${pod.reason}${why}. ${lastWords} ${remedy} ${rerunRemedy}`,
    );
  }

  /**
   * Details of the pod's end or start that its status does not contain, in parentheses after a blank; empty if unknown.
   * Also returns the fault if its deletion was requested.
   */
  private async causeByEvents(pod: PodState): Promise<{ why: string; fault: FaultId }> {
    const { uid, deleted, disruption, deletion } = pod;
    const isDeletion = deleted && disruption === "";
    const untold = { why: "", fault: deletion };
    if (!isDeletion && !isBareBackOff(pod)) return untold;
    // A failed pod ends the Job and all other pods, even if it was not our container that failed.
    const culprit = [...this.pods.all.values()].find(({ sidecarFailure }) => sidecarFailure !== undefined);
    if (isDeletion && culprit !== undefined) {
      const why = ` (the Job failed because a container beside ours in the ${culprit.title} did: ${culprit.sidecarFailure})`;
      return { why, fault: "sidecar-failed" };
    }
    if (uid === undefined) return untold;
    try {
      const events = await this.eventsOf(uid, []);
      return (isDeletion ? endingIn(events) : { why: pullFailureIn(events), fault: deletion }) ?? untold;
    } catch (error) {
      if (error instanceof Failure) return untold;
      throw error;
    }
  }

  /**
   * What the pods don't show: the Job's pods were refused, its time ran out, it is done without some of them, or it is
   * gone.
   */
  private async watchJob(): Promise<void> {
    const released = performance.now();
    const { job: name, settings } = this;
    const creation = new PodCreation({ job: name, workers: settings.workers, tell: logLine });
    const starts = new PodStart(logLine);
    while (!this.finished.signal.aborted) {
      const job = await this.control.read(this.finished.signal);
      refuseFailed(name, job, this.pods);
      this.refuseSuspended(job);
      if (hasEnded(job)) await this.lookForTheMissing();
      else {
        if (creation.isWaiting(this.pods.all.size)) creation.examine(await this.refusals());
        this.refuseEndless(job, performance.now() - released);
        this.refuseLate();
        await this.refuseUnbegun(starts);
      }
      this.progress.tick();
      await sleep(4 * timing.pause, undefined, { signal: this.finished.signal });
    }
  }

  /** The Job has ended, so an index without a pod has no result and will have none. */
  private async lookForTheMissing(): Promise<void> {
    // All pods were observed to end. Their logs may take minutes, and the list is long.
    if (this.ended.size === this.settings.workers) return;
    const { config, labelSelector } = this;
    const { signal } = this.finished;
    const { pods } = await listPods({ config, labelSelector, namespace: this.settings.namespace, signal });
    for (const pod of pods) this.see(pod);
    const missing = this.pods.missing(this.ended);
    if (missing.length === 0) return;
    const indices = `${missing.slice(0, 10).join(", ")}${missing.length > 10 ? ", …" : ""}`;
    throw new Failure(
      "results-missing",
      `Job ${this.job} has ended, but ${missing.length} of ${this.settings.workers} results are missing: ${indices}. Somebody has deleted these pods. ${newJobRemedy(this.job)}`,
    );
  }

  /** Events that explain why pods of the Job were not created. */
  private async refusals(): Promise<CoreV1Event[]> {
    const events = await this.eventsOf(this.settings.uid, ["reason=FailedCreate"]);
    return events.filter(({ reason }) => reason === "FailedCreate");
  }

  /** Some events of one object. */
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
    // A server that ignores the selector.
    return items.filter(({ involvedObject }) => involvedObject.uid === uid);
  }

  /** Kubernetes ends a Job at its deadline, unless its controllers are down. */
  private refuseEndless({ spec }: V1Job, elapsed: number): void {
    const deadline = 1000 * (spec?.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY);
    if (elapsed < deadline + patience.afterDeadline) return;
    throw new VainWait(
      "job-endless",
      `Job ${this.job} has not ended ${Math.round(elapsed / 1000)} s after its release, although Kubernetes was to end it after ${deadline / 1000} s (last seen: ${this.states()}). Check that the cluster's controller manager runs, and run \`pulumi up\` again, which starts a new Job.`,
    );
  }

  /** The last observed state of a few of the pods. */
  private states(): string {
    const states = [...this.pods.all.values()].map((pod) => `${pod.title}: ${pod.activity}`);
    return states.slice(0, 10).join("; ") || "it had no pods";
  }

  /** After we give up on a Job, it must not start unobserved. */
  private async suspendInVain(): Promise<void> {
    try {
      await this.control.suspend(AbortSignal.timeout(patience.suspend));
    } catch {
      logLine(
        `Job ${this.job} could not be suspended within ${patience.suspend / 1000} s. Its pods may still start later. \`pulumi up\` or \`pulumi destroy\` ends them.`,
      );
    }
  }

  /** After its release, only someone else can have suspended it, which deletes its pods. */
  private refuseSuspended(job: V1Job): void {
    if (job.spec?.suspend !== true || hasEnded(job)) return;
    throw new Failure(
      "job-suspended",
      `Somebody else suspended Job ${this.job} while it ran, which deletes its pods. Find out who does that, for example a queue of the cluster. ${rerunRemedy}`,
    );
  }

  /** Whether foreign containers keep the Job from ever completing. They would then disturb the next Job. */
  private async endedForSidecars(): Promise<boolean> {
    const { config, labelSelector } = this;
    const { namespace } = this.settings;
    const { pods } = await listPods({ config, labelSelector, namespace });
    const pod = pods.find(({ sidecars }) => sidecars.length > 0);
    if (pod === undefined) return false;
    await this.control.suspend();
    logLine(
      withId(
        "sidecar-runs-on",
        `All results of Job ${this.job} are there, but it cannot complete: beside ours, container ${pod.sidecars.join(", ")} is still running in the ${pod.title}. The pods were ended, and the next \`pulumi up\` measures again. Keep whatever adds that container, such as a service mesh, out of namespace "${namespace}".`,
      ),
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
      // Never true here: the work only succeeds once all results exist.
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

  /** Events about image pulls, by the uids of this Job's pods. The namespace also has events of earlier Jobs. */
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
   * Kubernetes marks a Job complete a second or two after its pods. Until then, Pulumi would replace it. After that,
   * `suspend` has no effect, and is set back to the value that Pulumi declared, so that a refresh finds no difference.
   */
  private async close(): Promise<void> {
    const began = performance.now();
    for (let looked = false; performance.now() < began + patience.complete; ) {
      if (hasEnded(await this.control.read())) return await this.control.suspend();
      if (!looked && performance.now() >= began + patience.sidecars) {
        looked = true;
        if (await this.endedForSidecars()) return;
      }
      await sleep(timing.pause / 5);
    }
    logLine(
      `Job ${this.job} is still not complete ${patience.complete / 1000} s after its last pod ended. All results are there, but the next \`pulumi up\` may measure again. Check that the cluster's controller manager runs.`,
    );
  }
}

const isTrue =
  (...types: string[]) =>
  (condition: { type: string; status: string }) =>
    types.includes(condition.type) && condition.status === "True";

/** How the Job's controller finds its pods; undefined if the Job does not say. */
function selectorOf({ spec }: V1Job): string | undefined {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {}).filter(([, value]) => /^[\w.-]+$/.test(value));
  return labels.length === 0 ? undefined : labels.map(([key, value]) => `${key}=${value}`).join(",");
}

function hasEnded({ status }: V1Job): boolean {
  return status?.conditions?.some(isTrue("Complete", "Failed")) ?? false;
}

/** A Job that failed for its own reason. The reasons of its pods come from the pods. */
function refuseFailed(name: string, job: V1Job, pods: IndexedPods): void {
  const failed = job.status?.conditions?.find(isTrue("Failed", "FailureTarget"));
  if (failed === undefined || failed.reason === "BackoffLimitExceeded") return;
  const states = [...pods.all.values()].map((pod) => `${pod.title}: ${pod.activity}`);
  const found = `Job ${name} failed: ${failed.reason}, ${failed.message ?? "no message"} (${states.slice(0, 10).join("; ") || "it had no pods"}).`;
  throw failed.reason === "DeadlineExceeded"
    ? new Failure(
        "job-timed-out",
        `${found} Find out what kept its pods waiting, or raise pi-speedup:timeout. ${rerunRemedy}`,
      )
    : new Failure("job-failed", `${found} Remove the cause. ${rerunRemedy}`);
}

function refuseSharedStream(job: string, nodes: readonly NodeRecord[]): void {
  const pair = sharedStream(nodes);
  if (pair === undefined) return;
  const [one, other] = pair;
  throw new Failure(
    "stream-shared",
    `Workers ${one.node} and ${other.node} counted the same in all ${one.rounds.length} rounds, so they threw the same points. Each should have a random stream of its own. Check that components/workload/pi.py is unchanged. ${newJobRemedy(job)}`,
  );
}
