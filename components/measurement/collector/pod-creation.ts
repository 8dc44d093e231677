// Whether Kubernetes creates the pods of a Job that was released. The Job says nothing of it, and its controller tries again
// without end; why it is refused stands in the Job's events alone: a quota, a limit range, an admission policy.
import type { CoreV1Event } from "@kubernetes/client-node";
import { Failure } from "../../../analysis/failure.js";

/** Milliseconds. A new namespace's service account, or an admission webhook that is starting, may be late by a few seconds. */
export const patience = {
  /** From the first refusal on, if it has been repeated since and no pod has come. */
  refused: 15_000,
  /** From the first refusal on, whether it was repeated or not: an event that repeats may be held back. */
  longRefused: 60_000,
  /** Without any pod and any word, until that is said, and until it is given up. */
  silent: 30_000,
  longSilent: 180_000,
  /** From the first sign of trouble at a pod's start that may pass, until the pod is given up: some attempts of the kubelet. */
  start: 75_000,
  /** After a Job's own deadline, until Kubernetes must have ended it. */
  afterDeadline: 240_000,
  /** After the last result, until Kubernetes must have found the Job complete, and until a sidecar that runs on is the reason. */
  complete: 60_000,
  sidecars: 20_000,
};

const rerun = "Then run `pulumi up` again, which starts a new Job.";

/** A wait that will not end well while the Job stays as it is. */
export class VainWait extends Failure {}

/** What was seen of a Job's pods so far. */
export class PodCreation {
  private readonly job: string;
  private readonly workers: number;
  private readonly tell: (line: string) => void;
  private readonly now: () => number;
  private began: number;
  private pods = 0;
  private refusal: { since: number; count: number } | undefined;
  private lastTold = "";

  /** @param now milliseconds, from any origin. */
  constructor(
    { job, workers, tell }: { job: string; workers: number; tell: (line: string) => void },
    now: () => number = () => performance.now(),
  ) {
    this.job = job;
    this.workers = workers;
    this.tell = tell;
    this.now = now;
    this.began = now();
  }

  /** Whether pods are still to come, and events must be asked for. */
  isWaiting(pods: number): boolean {
    if (pods !== this.pods) {
      // Something moves, so a refusal may have passed.
      this.refusal = undefined;
      this.began = this.now();
    }
    this.pods = pods;
    return pods < this.workers;
  }

  /**
   * @param events of the Job with the reason FailedCreate.
   * @throws VainWait when no pod will come.
   */
  examine(events: readonly CoreV1Event[]): void {
    const latest = events.toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
    if (latest === undefined) this.examineSilence();
    else this.examineRefusal(latest, events);
  }

  /** @param latest of these events. */
  private examineRefusal(latest: CoreV1Event, events: readonly CoreV1Event[]): void {
    const count = events.reduce((sum, event) => sum + (event.series?.count ?? event.count ?? 1), 0);
    this.refusal ??= { since: this.now(), count };
    const why = latest.message ?? "no reason given";
    this.say(`Kubernetes does not create the pods of Job ${this.job}: ${why}`);
    const waited = this.now() - this.refusal.since;
    if (waited < patience.refused || (waited < patience.longRefused && count <= this.refusal.count)) return;
    throw new VainWait(
      "pods-refused",
      `Kubernetes does not create the pods of Job ${this.job} (${this.pods} of ${this.workers} exist): ${why}. Change what the cluster requires of pods in this namespace, such as a quota, a limit range or an admission policy, or set another pi-speedup:namespace. ${rerun}`,
    );
  }

  private examineSilence(): void {
    if (this.pods > 0) return;
    const waited = this.now() - this.began;
    if (waited < patience.silent) return;
    this.say(`Kubernetes has created no pod of Job ${this.job} yet, and no event says why`);
    if (waited < patience.longSilent) return;
    throw new VainWait(
      "pods-never-created",
      `Kubernetes has created no pod of Job ${this.job} for ${Math.round(waited / 1000)} s, and no event says why. Check that the cluster's controller manager runs (\`kubectl get events -A\`). ${rerun}`,
    );
  }

  private say(line: string): void {
    if (line === this.lastTold) return;
    this.lastTold = line;
    this.tell(line);
  }
}

function timeOf({ series, lastTimestamp, eventTime, metadata }: CoreV1Event): number {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return time === undefined || time === null ? 0 : new Date(time).getTime();
}
