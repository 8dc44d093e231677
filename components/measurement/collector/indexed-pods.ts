// Which pod does which part of the Job: one for each completion index, each on a node of its own.
import { Failure } from "../../../analysis/failure.js";
import { mayBeCheckJob } from "../../ownership.ts";
import type { PodState } from "./pod-state.ts";

/**
 * Sentences that say what to do about results that a complete Job can't give any more: as it stands, `pulumi up` would keep it.
 * @param job `NAMESPACE/NAME` of the Job.
 */
export function newJobRemedy(job: string): string {
  const [namespace, name = ""] = job.split("/");
  return mayBeCheckJob(name)
    ? `To start a new Job, delete this one with \`kubectl delete job -n ${namespace} ${name}\` and run \`pulumi up --refresh\`.`
    : "To start a new Job, set another value with `pulumi config set pi-speedup:run again` and run `pulumi up`.";
}

/** The Job whose pods they must be. */
export interface IndexedPodsArgs {
  /** `NAMESPACE/NAME` of the Job, for messages. */
  job: string;
  /** The Job's identity. */
  uid: string;
  /** How many pods there must be. */
  workers: number;
}

/** The pods of one Job, as they were last seen. */
export class IndexedPods {
  private readonly args: IndexedPodsArgs;
  private readonly pods = new Map<number, PodState>();
  /** Which index a node does. */
  private readonly nodes = new Map<string, number>();

  constructor(args: IndexedPodsArgs) {
    this.args = args;
  }

  /**
   * Notes a pod.
   * @returns its completion index.
   * @throws Failure when it is not one of those that this Job must have.
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

  /** The workers that have no result, in words: index, and pod and node where there was one. */
  missing(done: ReadonlySet<number>): string[] {
    return Array.from({ length: this.args.workers }, (_, index) => index)
      .filter((index) => !done.has(index))
      .map((index) => {
        const pod = this.pods.get(index);
        return `index ${index} (${pod === undefined ? "no pod" : pod.title})`;
      });
  }

  private refuseSharedNode(index: number, pod: PodState): void {
    const { node } = pod;
    if (node === undefined) return;
    const other = this.nodes.get(node) ?? index;
    this.nodes.set(node, other);
    const neighbour = this.pods.get(other);
    if (other === index || neighbour === undefined) return;
    throw new Failure(
      "node-shared",
      `Pods ${neighbour.name} and ${pod.name} of Job ${this.args.job} both ran on node ${node}, although each needs a node of its own. ${newJobRemedy(this.args.job)}`,
    );
  }
}
