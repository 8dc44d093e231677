// Whether Kubernetes creates the pods of a released Job. The Job itself does not show this, and its controller retries
// endlessly. Only the Job's events explain a refusal: a quota, a limit range, an admission policy.
import type { CoreV1Event } from "@kubernetes/client-node";
import { Failure } from "../../../analysis/failure.js";

/**
 * Milliseconds. The service account of a new namespace may be a few seconds late. An admission webhook that is starting may
 * be a minute late.
 */
export const patience = {
  /** After the first refusal, if it has been repeated since and no pod has appeared. */
  refused: 15_000,
  /** After the first refusal, repeated or not, because a repeated event may be delayed. */
  longRefused: 60_000,
  /** After the first refusal, if it only says that something that must be asked does not answer. */
  unasked: 120_000,
  /** Without any pod or event: until we say so, and until we give up. */
  silent: 30_000,
  longSilent: 180_000,
  /**
   * After the first temporary problem with a pod's start, until we give up on the pod. The kubelet makes several
   * attempts in this time.
   */
  start: 75_000,
  /** Without a problem, until a pod's start counts as recovered. A later problem is then a new one. */
  recovered: 20_000,
  /** After a pod was placed, until its events are requested because it has not begun. */
  quiet: 20_000,
  /** After the first refusal in these events, until we give up on the pod, if the refusal was repeated. */
  begin: 120_000,
  /** After a Job's own deadline, until Kubernetes must have ended it. */
  afterDeadline: 240_000,
  /**
   * After the last result, until Kubernetes must have marked the Job complete, and until we blame a sidecar that keeps
   * running.
   */
  complete: 60_000,
  sidecars: 20_000,
  /** After we give up on a Job or are interrupted, until it must be suspended. */
  suspend: 10_000,
};

const rerun = "Then run `pulumi up` again, which starts a new Job.";

/** A wait that can't succeed unless the Job changes. */
export class VainWait extends Failure {}

/** What was observed of a Job's pods so far. */
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

  /** Whether pods are still missing, so that events must be requested. */
  isWaiting(pods: number): boolean {
    if (pods !== this.pods) {
      // Something changed, so a refusal may be over.
      this.refusal = undefined;
      this.began = this.now();
    }
    this.pods = pods;
    return pods < this.workers;
  }

  /**
   * @param events of the Job with the reason FailedCreate.
   * @throws VainWait if no pod will appear.
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
    const least = isUnasked(why) ? patience.unasked : patience.refused;
    if (waited < least || (waited < patience.longRefused && count <= this.refusal.count)) return;
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

/**
 * Whether there was no real refusal, and the API server only got no answer from a webhook or from its database. All such
 * messages begin with one of these phrases.
 */
function isUnasked(why: string): boolean {
  return /Internal error occurred: |Timeout: |the server (?:is currently unable|was unable|has received too many)|etcdserver: /.test(
    why,
  );
}

function timeOf({ series, lastTimestamp, eventTime, metadata }: CoreV1Event): number {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return time === undefined || time === null ? 0 : new Date(time).getTime();
}
