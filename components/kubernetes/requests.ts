// Sends requests to an API server, each with a deadline, and repeats them while an error is temporary.

import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigurationOptions, Observable } from "@kubernetes/client-node";
import { Failure } from "../../analysis/failure.js";
import type { Fault } from "../../analysis/fault-ids.js";
import { limitAnswer, most, type Page, type PageOptions, readPages, UnusableAnswer } from "./answers.ts";
import { explainAbsence, explainRefusal, isExpired, isNotFound, isTransient } from "./explain.ts";

/** The defaults of `retryTransient`, in milliseconds. */
export const timing = {
  /** Between two attempts. */
  pause: 500,
  /** For the answer to one request. */
  timeout: 20_000,
  /** For a whole log, which the API server gets from the node. A kubelet with a slow SD card is late under load. */
  log: 60_000,
  /**
   * From the first attempt until we give up on a server that does not answer. On a busy Pi, it may be away for tens of
   * seconds.
   */
  giveUpAfter: 120_000,
};

/**
 * Sends requests with a common deadline, and with a size limit for each answer. At the deadline they are aborted, and
 * this fails with a TimeoutError at once. This holds even if no request was sent yet, because a credential program that
 * hangs takes no signal.
 * @param send must pass these options to each request.
 * @param ended aborts them as well, and its reason is thrown.
 * @throws UnusableAnswer for an answer that is too large.
 */
export async function withTimeout<T>(
  milliseconds: number,
  send: (options: ConfigurationOptions) => Promise<T>,
  ended?: AbortSignal,
): Promise<T> {
  ended?.throwIfAborted();
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const end = () => {
    controller.abort(ended?.reason);
    reject(ended?.reason);
  };
  ended?.addEventListener("abort", end, { once: true });
  const timer = setTimeout(() => {
    const error = Object.assign(new Error(`no answer within ${milliseconds / 1000} s`), { name: "TimeoutError" });
    controller.abort(error);
    reject(error);
  }, milliseconds);
  try {
    return await Promise.race([send(limitAnswer(abortedBy(controller.signal), most.bytes)), expired]);
  } finally {
    clearTimeout(timer);
    ended?.removeEventListener("abort", end);
  }
}

/** The client only accepts a signal through a middleware. */
export function abortedBy(signal: AbortSignal): ConfigurationOptions {
  const middleware = {
    pre: <Request extends { setSignal(signal: AbortSignal): void }>(request: Request) => {
      request.setSignal(signal);
      return new Observable(Promise.resolve(request));
    },
    post: <Response>(response: Response) => new Observable(Promise.resolve(response)),
  };
  return { middleware: [middleware], middlewareMergeStrategy: "append" };
}

/**
 * Repeats a request for up to two minutes, while it gets no answer or a temporary error. Final refusals fail at once.
 * @param what completes the sentence "Could not …".
 * @param send must pass the options to the request, which is aborted if there is no answer in time.
 * @param notFound the meaning and remedy if the requested object does not exist.
 * @param explain the meaning if the error persists.
 * @param ended stops the attempts when nobody waits for the answer any more, and its reason is thrown.
 * @param timeout milliseconds for the answer to one attempt.
 */
export async function retryTransient<T>(
  what: string,
  send: (options: ConfigurationOptions) => Promise<T>,
  notFound?: Fault,
  ended?: AbortSignal,
  explain: (error: unknown, milliseconds: number) => Failure = (error, milliseconds) =>
    explainAbsence(error, what, milliseconds),
  timeout: number = timing.timeout,
): Promise<T> {
  const end = performance.now() + timing.giveUpAfter;
  for (;;) {
    try {
      return await withTimeout(timeout, send, ended);
    } catch (error) {
      ended?.throwIfAborted();
      // An error that `send` has already explained.
      if (error instanceof Failure) throw error;
      if (notFound !== undefined && isNotFound(error)) throw new Failure(notFound.id, notFound.text);
      if (!isTransient(error)) throw explainRefusal(error, what);
      if (performance.now() > end) throw explain(error, timing.giveUpAfter);
      await sleep(timing.pause, undefined, ended && { signal: ended });
    }
  }
}

/** A list that expired on the server before its last page was read. */
class ListExpired extends Failure {}

/** How a list is read. */
export interface ListOptions<T, Kept> {
  /** As in `readPages`. */
  keep: (item: T) => Kept | undefined;
  /** Maximum number of pages. Default: `most.pages`. */
  pages?: number;
  /** As in `retryTransient`. */
  ended?: AbortSignal | undefined;
}

/**
 * Reads a whole list in pages, each with the retries of `retryTransient`, because a list of thousands may take longer
 * than one answer. A list that expires meanwhile is read again from its start.
 * @param what completes the sentence "Could not …".
 * @param read must pass both to the request.
 */
export async function listAll<T, Kept = T>(
  what: string,
  read: (page: PageOptions, options: ConfigurationOptions) => Promise<Page<T>>,
  { keep, pages = most.pages, ended }: ListOptions<T, Kept>,
): Promise<{ items: Kept[]; version: string | undefined }> {
  const end = performance.now() + timing.giveUpAfter;
  const readPage = (page: PageOptions) => {
    const ask = async (options: ConfigurationOptions) => {
      try {
        return await read(page, options);
      } catch (error) {
        // An expired list stays expired. Only the first page begins a new one.
        if (page._continue !== undefined && isExpired(error)) throw expired(what);
        throw error;
      }
    };
    return retryTransient(what, ask, undefined, ended);
  };
  for (;;) {
    try {
      return await readPages(readPage, keep, pages);
    } catch (error) {
      if (error instanceof UnusableAnswer) throw explainRefusal(error, what);
      if (!(error instanceof ListExpired) || performance.now() > end) throw error;
    }
  }
}

function expired(what: string): ListExpired {
  return new ListExpired(
    "list-expired",
    `Could not ${what}: for ${timing.giveUpAfter / 1000} s, the API server has dropped each list before its last page was read (HTTP status 410). Check that its etcd keeps old versions for some minutes, which is the default, and run \`pulumi up\` again.`,
  );
}
