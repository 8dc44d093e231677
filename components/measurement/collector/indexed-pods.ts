// Which pod does which part of the Job: one for each completion index, each on its own node.
import { Failure } from "../../failure.js";
import { mayBeCheckJob } from "../../ownership.ts";
import type { PodState } from "./pod-state.ts";

/**
 * What to do about results that a complete Job can't provide any more. Without a change, `pulumi up` would keep the
 * Job.
 * @param job `NAMESPACE/NAME` of the Job.
 */
export function newJobRemedy(job: string): string {
  const [namespace, name = ""] = job.split("/");
  return mayBeCheckJob(name)
    ? `delete the Job with \`kubectl delete job -n ${namespace} ${name}\` and run \`pulumi up --refresh\`: that starts a new one`
    : "give pi-speedup:run another value (`pulumi config set pi-speedup:run again`) and run `pulumi up`: that starts a new Job";
}

/** The Job that the pods must belong to. */
export interface IndexedPodsArgs {
  /** `NAMESPACE/NAME` of the Job, for messages. */
  job: string;
  /** The Job's uid. */
  uid: string;
  /** The required number of pods. */
  workers: number;
}

/**
 * Whether one pod had ended before the other one started, both on one node. What has not started by the time that the other one's
 * end is seen starts later. Stamps are of whole seconds, so one that started in the second of the other's end counts as later.
 */
function endedBefore(first: PodState, second: PodState): boolean {
  if (first.ran.to === undefined) return false;
  return second.ran.from === undefined ? !second.started : first.ran.to <= second.ran.from;
}

/** The pods of one Job, as last observed. */
export class IndexedPods {
  private readonly args: IndexedPodsArgs;
  private readonly pods = new Map<number, PodState>();
  /** Which index a node has. */
  private readonly nodes = new Map<string, number>();

  constructor(args: IndexedPodsArgs) {
    this.args = args;
  }

  /**
   * Records a pod.
   * @returns its completion index.
   * @throws Failure if it is not one that this Job must have.
   */
  note(pod: PodState): number {
    const { job, uid, workers } = this.args;
    const { index, owner } = pod;
    if (owner?.uid !== uid || index === undefined) {
      throw new Failure(
        `The ${pod.title} has the label of Job ${job} but is not one of its pods (owner: ${owner ? `${owner.kind} ${owner.name}` : "none"}, completion index: ${index ?? "none"}): remove it with \`kubectl delete pod -n ${pod.namespace} ${pod.name}\` and run \`pulumi up\` again.`,
      );
    }
    if (index >= workers) {
      throw new Failure(
        `The ${pod.title} has completion index ${index}, where Job ${job} has ${workers} workers, 0 to ${workers - 1}: somebody has changed the Job; ${newJobRemedy(job)}.`,
      );
    }
    const former = this.pods.get(index);
    if (former !== undefined && former.uid !== pod.uid) {
      throw new Failure(
        `Completion index ${index} of Job ${job} has two pods, ${former.title} and ${pod.title}, where one was expected: ${newJobRemedy(job)}.`,
      );
    }
    this.refuseSharedNode(index, pod);
    this.pods.set(index, pod);
    return index;
  }

  /** Pods by completion index. */
  get all(): ReadonlyMap<number, PodState> {
    return this.pods;
  }

  /** The workers without a result, in words: index, and pod and node if there was one. */
  missing(done: ReadonlySet<number>): string[] {
    return Array.from({ length: this.args.workers }, (_, index) => index)
      .filter((index) => !done.has(index))
      .map((index) => {
        const pod = this.pods.get(index);
        return `index ${index} (${pod === undefined ? "it has no pod" : pod.title})`;
      });
  }

  /** A pod keeps others off its node only until it has ended, so one that is placed later may meet it. */
  private remedyForShared(one: PodState, other: PodState): string {
    const { job, workers } = this.args;
    const [, name = ""] = job.split("/");
    const wasShort = endedBefore(one, other) || endedBefore(other, one);
    // What the check computes is not the user's to choose.
    if (!wasShort || mayBeCheckJob(name)) return newJobRemedy(job);
    return `the first one had ended before the second one was placed, and a pod keeps others off its node only while it runs; raise pi-speedup:samples, so that every pod runs for longer than it takes to place all ${workers}, and run \`pulumi up\``;
  }

  private refuseSharedNode(index: number, pod: PodState): void {
    const { node } = pod;
    if (node === undefined) return;
    const other = this.nodes.get(node) ?? index;
    this.nodes.set(node, other);
    const neighbour = this.pods.get(other);
    if (other === index || neighbour === undefined) return;
    throw new Failure(
      `Pods ${neighbour.name} and ${pod.name} of Job ${this.args.job} both ran on node ${node}, one on each was expected: ${this.remedyForShared(neighbour, pod)}.`,
    );
  }
}
