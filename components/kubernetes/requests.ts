// Requests to an API server: each with a deadline, and sent again while the trouble is temporary.
import { setTimeout as sleep } from "node:timers/promises";
import { ApiException, type ConfigurationOptions, Observable } from "@kubernetes/client-node";
import * as v from "valibot";
import { Failure } from "../failure.js";

/** The defaults of `retryTransient`, in milliseconds. */
export const timing = {
  /** Between two attempts. */
  pause: 500,
  /** For the answer to one request. */
  timeout: 20_000,
  /** From the first attempt until a server that does not answer is given up. */
  giveUpAfter: 60_000,
};

/**
 * Sends requests under one deadline. When it passes, they are aborted, and this fails with a TimeoutError at once,
 * even if no request has been sent yet: a program for credentials that hangs takes no signal.
 * @param send must pass these options to each request.
 */
export async function withTimeout<T>(
  milliseconds: number,
  send: (options: ConfigurationOptions) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = Object.assign(new Error(`no answer within ${milliseconds / 1000} s`), { name: "TimeoutError" });
    controller.abort(error);
    reject(error);
  }, milliseconds);
  try {
    return await Promise.race([send(abortedBy(controller.signal)), expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** The client takes a signal only by way of a middleware. */
function abortedBy(signal: AbortSignal): ConfigurationOptions {
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
 * Sends a request again, for up to a minute, while it gets no answer or a temporary error. What the API server really
 * refuses fails at once.
 * @param what completes the sentence "Could not …".
 * @param send must pass the options to the request, which is aborted when there is no answer in time.
 * @param notFound what it means, and what to do, when the thing asked for does not exist.
 */
export async function retryTransient<T>(
  what: string,
  send: (options: ConfigurationOptions) => Promise<T>,
  notFound?: string,
): Promise<T> {
  const end = Date.now() + timing.giveUpAfter;
  for (;;) {
    try {
      return await withTimeout(timing.timeout, send);
    } catch (error) {
      if (notFound !== undefined && error instanceof ApiException && error.code === 404) throw new Failure(notFound);
      if (!isTransient(error)) throw refusal(what, error);
      if (Date.now() > end) {
        throw new Failure(
          `Could not ${what}: the API server has given no answer for ${timing.giveUpAfter / 1000} s (${causeOf(error)}). See that it runs and that this machine reaches it, and run \`pulumi up\` again.`,
        );
      }
      await sleep(timing.pause);
    }
  }
}

/** The API server's refusal, as the user reads it. */
export function refusal(what: string, error: unknown): Failure {
  return new Failure(
    `Could not ${what}: the API server refused it (${causeOf(error)}). Mend that and run \`pulumi up\` again.`,
  );
}

/** Whether asking again may help: the network gave no answer, or the answer says so, or the fault is the server's own. */
function isTransient(error: unknown): boolean {
  if (error instanceof ApiException) return isForTheMoment(error.code);
  // What `fetch` throws for want of a connection; anything else, such as credentials that can't be had, is ours to mend.
  if (!(error instanceof Error)) return false;
  if (error.name === "TimeoutError" || error.name === "AbortError") return true;
  const code = error.cause instanceof Error && "code" in error.cause ? String(error.cause.code) : "";
  return error instanceof TypeError && !/CERT|TLS|SSL|SIGNATURE/.test(code);
}

/** Whether an HTTP status is no final refusal. */
export function isForTheMoment(status: number): boolean {
  return status === 408 || status === 410 || status === 429 || status >= 500;
}

const statusSchema = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

/** The API server's own words, or the network's. */
export function causeOf(error: unknown): string {
  if (error instanceof ApiException) {
    const status = v.safeParse(statusSchema, error.body);
    return status.success ? status.output.message : `HTTP status ${error.code}`;
  }
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
