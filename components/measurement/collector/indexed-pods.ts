// Which pod does which part of the Job: one for each completion index, each on its own node.
import { Failure } from "../../../analysis/failure.js";
import type { Fault } from "../../../analysis/fault-ids.js";
import { mayBeCheckJob } from "../../ownership.ts";
import type { PodState } from "./pod-state.ts";

/**
 * The remedy, in sentences, if a complete Job can no longer provide its results. Without a change, `pulumi up` would keep
 * the Job.
 * @param job `NAMESPACE/NAME` of the Job.
 */
export function newJobRemedy(job: string): string {
  const [namespace, name = ""] = job.split("/");
  return mayBeCheckJob(name)
    ? `To start a new Job, delete this one with \`kubectl delete job -n ${namespace} ${name}\` and run \`pulumi up --refresh\`.`
    : "To start a new Job, set another value with `pulumi config set pi-speedup:run again` and run `pulumi up`.";
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
 * Whether the first of two pods on one node ended before the second one started. A pod that has not started when the end of
 * the other is observed starts later. Timestamps are whole seconds, so a start in the same second as the end counts as later.
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
        "pod-foreign",
        `The ${pod.title} has the label of Job ${job} but is not one of its pods (owner: ${owner ? `${owner.kind} ${owner.name}` : "none"}, completion index: ${index ?? "none"}). Remove it with \`kubectl delete pod -n ${pod.namespace} ${pod.name}\` and run \`pulumi up\` again.`,
      );
    }
    if (index >= workers) {
      throw new Failure(
        "index-beyond",
        `The ${pod.title} has completion index ${index}, but Job ${job} has ${workers} workers, numbered from 0 to ${workers - 1}. Somebody has changed the Job. ${newJobRemedy(job)}`,
      );
    }
    const former = this.pods.get(index);
    if (former !== undefined && former.uid !== pod.uid) {
      throw new Failure(
        "index-twice",
        `Two pods have completion index ${index} of Job ${job}: ${former.title} and ${pod.title}. ${newJobRemedy(job)}`,
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
        return `index ${index} (${pod === undefined ? "no pod" : pod.title})`;
      });
  }

  /** A pod keeps others off its node only until it has ended, so a later pod may be placed there. */
  private sharedNode(one: PodState, other: PodState): Fault {
    const { job, workers } = this.args;
    const [, name = ""] = job.split("/");
    const found = `Pods ${one.name} and ${other.name} of Job ${job} both ran on node ${one.node}, although each needs a node of its own.`;
    const wasShort = endedBefore(one, other) || endedBefore(other, one);
    // The user cannot change the work of the check.
    if (!wasShort || mayBeCheckJob(name)) return { id: "node-shared", text: `${found} ${newJobRemedy(job)}` };
    return {
      id: "pods-too-short",
      text: `${found} The first one had ended before the second one was placed, and a pod keeps others off its node only while it runs. Raise pi-speedup:samples, so that every pod runs for longer than it takes to place all ${workers}, and run \`pulumi up\` again.`,
    };
  }

  private refuseSharedNode(index: number, pod: PodState): void {
    const { node } = pod;
    if (node === undefined) return;
    const other = this.nodes.get(node) ?? index;
    this.nodes.set(node, other);
    const neighbour = this.pods.get(other);
    if (other === index || neighbour === undefined) return;
    const { id, text } = this.sharedNode(neighbour, pod);
    throw new Failure(id, text);
  }
}
