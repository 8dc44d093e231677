// The pods' logs: a few at a time and none of any size, so that thousands of pods need no more memory than these few.
import { ApiException, CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { type Asked, LogReader, type Result } from "../../../analysis/pod-output.ts";
import { Failure } from "../../failure.js";
import { limitAnswer, readAnswer } from "../../kubernetes/answers.ts";
import { causeOf, explainAbsence, isNotFound } from "../../kubernetes/explain.ts";
import { retryTransient, timing, withTimeout } from "../../kubernetes/requests.ts";
import { containerName } from "../../workload/job-spec.ts";
import { resultIn } from "../result-in.ts";
import { newJobRemedy } from "./indexed-pods.ts";
import type { PodState } from "./pod-state.ts";

/** Logs that are read at the same time. */
const concurrency = 32;
/** Largest log that is read, in MiB: pi.py's own is about one where it counts ten thousand rounds. */
const mebibytes = 4;

/** Bytes that are asked for, and bytes that are read, of the end of a log. */
const lastWords = 2_000;
const mostLastWords = 64 * 2 ** 10;

/** The API server answers by itself; an error of its own is what it heard, or did not hear, from the node. */
function explainUnreadLog(error: unknown, { title, node = "?" }: PodState, milliseconds: number): Failure {
  if (!(error instanceof ApiException)) return explainAbsence(error, `read the log of ${title}`, milliseconds);
  return new Failure(
    `Could not read the log of ${title}: the API server answers, but for ${milliseconds / 1000} s it has not got the log from the node (HTTP status ${error.code}: ${causeOf(error).message}). Check that it reaches the kubelet of "${node}" (TCP port 10250: a firewall, a tunnel, or a wrong address of the node) with \`kubectl logs\` of any pod there, and run \`pulumi up\` again.`,
  );
}

/** Reads the logs of one Job's pods. */
export class PodLogs {
  private readonly core: CoreV1Api;
  private readonly namespace: string;
  private readonly asked: Asked;
  private readonly ended: AbortSignal;
  private readonly limit = pLimit(concurrency);

  /**
   * @param asked what each result must be the answer to.
   * @param ended aborted when nobody waits for a log any more: then none is read, and those that wait their turn are not begun.
   */
  constructor(config: KubeConfig, namespace: string, asked: Asked, ended: AbortSignal) {
    this.ended = ended;
    this.core = config.makeApiClient(CoreV1Api);
    this.namespace = namespace;
    this.asked = asked;
  }

  /**
   * The one result in the log of a pod that has succeeded.
   * @throws Failure with pod and node when the log is gone, too large, or holds something else than one result of this pod.
   */
  result(pod: PodState): Promise<Result> {
    return this.limit(async () => {
      this.ended.throwIfAborted();
      return resultIn(await this.read(pod), {
        source: pod.title,
        remedy: `See what wrote it; ${this.remedy(pod)}.`,
        expected: { index: this.asked.index ?? pod.index ?? -1, node: pod.node ?? "" },
        asked: this.asked,
      });
    });
  }

  private remedy({ owner }: PodState): string {
    return newJobRemedy(`${this.namespace}/${owner?.name}`);
  }

  private read(pod: PodState): Promise<LogReader> {
    const limitBytes = mebibytes * 2 ** 20;
    const request = { name: pod.name, namespace: this.namespace, container: containerName };
    return retryTransient(
      `read the log of ${pod.title}`,
      async (options) => {
        const log = new LogReader();
        const take = (text: string) => void log.add(text);
        const larger = { ...request, limitBytes: limitBytes + 1 };
        await this.core.readNamespacedPodLog(
          larger,
          readAnswer(options, limitBytes, take, () => this.tooLarge(pod)),
        );
        return log;
      },
      `The ${pod.title} is gone, and its log with it, before it was read: somebody has deleted it; ${this.remedy(pod)}.`,
      this.ended,
      (error, milliseconds) => explainUnreadLog(error, pod, milliseconds),
      timing.log,
    );
  }

  private tooLarge(pod: PodState): Failure {
    return new Failure(
      `The log of ${pod.title} is larger than ${mebibytes} MiB, where pi.py writes two lines: see what else writes into it; ${this.remedy(pod)}.`,
    );
  }

  /** The end of the log that tells why a pod failed, as part of a sentence. */
  async lastWords(pod: PodState): Promise<string> {
    const { name, endedContainer: container } = pod;
    if (container === undefined) return "it wrote no log";
    const request = { name, namespace: this.namespace, container, tailLines: 5, limitBytes: lastWords };
    try {
      const log =
        (await withTimeout(
          timing.timeout,
          // A server that takes no notice of the limit in the request.
          (options) => this.core.readNamespacedPodLog(request, limitAnswer(options, mostLastWords)),
          this.ended,
        )) ?? "";
      return log.trim() === "" ? "its log is empty" : `the last lines of its log: «${log.trim()}»`;
    } catch (error) {
      return isNotFound(error) ? "its log is gone with it" : `its log can't be read (${causeOf(error).message})`;
    }
  }
}
