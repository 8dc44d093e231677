// Reads the pods' logs, a few at a time and with a size limit. So thousands of pods need no more memory than a few.
import { ApiException, CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { Failure } from "../../../analysis/failure.js";
import { type Asked, LogReader, type Result } from "../../../analysis/pod-output.ts";
import { limitAnswer, readAnswer } from "../../kubernetes/answers.ts";
import { asPassedOn, causeOf, explainAbsence, isNotFound, PassedOn } from "../../kubernetes/explain.ts";
import { retryTransient, timing, withTimeout } from "../../kubernetes/requests.ts";
import { containerName } from "../../workload/job-spec.ts";
import { resultIn } from "../result-in.ts";
import { newJobRemedy } from "./indexed-pods.ts";
import type { PodState } from "./pod-state.ts";

/** Logs that are read in parallel. */
const concurrency = 32;
/** Largest log to read, in MiB. pi.py's own has about one for ten thousand rounds. */
const mebibytes = 4;

/** Bytes to request, and bytes to read, from the end of a log. */
const lastWords = 2_000;
const mostLastWords = 64 * 2 ** 10;

/** The API server answers itself. Its error reports what it heard, or did not hear, from the node. */
function explainUnreadLog(failed: unknown, { title, node = "?" }: PodState, milliseconds: number): Failure {
  const error = failed instanceof PassedOn ? failed.answer : failed;
  if (!(error instanceof ApiException)) return explainAbsence(error, `read the log of ${title}`, milliseconds);
  return new Failure(
    "kubelet-unreachable",
    `Could not read the log of ${title}: the API server answers, but for ${milliseconds / 1000} s it could not get the log from the node (HTTP status ${error.code}: ${causeOf(error).message}). Check with \`kubectl logs\` of any pod there that it can reach the kubelet of "${node}" on TCP port 10250. A firewall, a tunnel or a wrong node address may be in the way. Then run \`pulumi up\` again.`,
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
   * @param asked the request that each result must match.
   * @param ended aborted as soon as no log is needed any more. Running requests then end, and waiting ones do not start.
   */
  constructor(config: KubeConfig, namespace: string, asked: Asked, ended: AbortSignal) {
    this.ended = ended;
    this.core = config.makeApiClient(CoreV1Api);
    this.namespace = namespace;
    this.asked = asked;
  }

  /**
   * The one result in the log of a pod that has succeeded.
   * @throws Failure with pod and node if the log is gone, too large, or does not contain exactly one result of this
   * pod.
   */
  result(pod: PodState): Promise<Result> {
    return this.limit(async () => {
      this.ended.throwIfAborted();
      return resultIn(await this.read(pod), {
        source: pod.title,
        remedy: `Find out what wrote that. ${this.remedy(pod)}`,
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
        try {
          await this.core.readNamespacedPodLog(
            larger,
            readAnswer(options, limitBytes, take, () => this.tooLarge(pod)),
          );
        } catch (error) {
          // A kubelet with expired certificates also asks for a login. That is not about our credentials.
          throw asPassedOn(error);
        }
        return log;
      },
      {
        id: "log-gone",
        text: `Somebody deleted ${pod.title} before its log was read. ${this.remedy(pod)}`,
      },
      this.ended,
      (error, milliseconds) => explainUnreadLog(error, pod, milliseconds),
      timing.log,
    );
  }

  private tooLarge(pod: PodState): Failure {
    return new Failure(
      "log-huge",
      `The log of ${pod.title} is larger than ${mebibytes} MiB, although pi.py writes only two lines. Find out what else writes to it. ${this.remedy(pod)}`,
    );
  }

  /** The end of the log of a failed pod, as a sentence. */
  async lastWords(pod: PodState): Promise<string> {
    const { name, endedContainer: container } = pod;
    if (container === undefined) return "It wrote no log.";
    const request = { name, namespace: this.namespace, container, tailLines: 5, limitBytes: lastWords };
    try {
      const log =
        (await withTimeout(
          timing.timeout,
          // A server that ignores the limit in the request.
          (options) => this.core.readNamespacedPodLog(request, limitAnswer(options, mostLastWords)),
          this.ended,
        )) ?? "";
      return log.trim() === "" ? "Its log is empty." : `The last lines of its log are: "${log.trim()}".`;
    } catch (error) {
      return isNotFound(error) ? "Its log is gone, too." : `Its log cannot be read (${causeOf(error).message}).`;
    }
  }
}
