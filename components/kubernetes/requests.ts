// Questions to the API server: asked again while there is no answer, and refused in its own words.
import { setTimeout as sleep } from "node:timers/promises";
import { ApiException, type ConfigurationOptions, Observable } from "@kubernetes/client-node";
import * as v from "valibot";
import { Failure } from "../failure.js";

/** How long to wait, in milliseconds. */
export const milliseconds = {
  /** Between two attempts. */
  retry: 500,
  /** For an answer to one question: a server that hangs is asked anew. */
  answer: 20_000,
  /** For a server that does not answer at all. */
  patience: 60_000,
};

/** Options of one question: it ends when there is no answer in time. */
export function inTime(): ConfigurationOptions {
  const middleware = {
    pre: <Request extends { setSignal(signal: AbortSignal): void }>(request: Request) => {
      request.setSignal(AbortSignal.timeout(milliseconds.answer));
      return new Observable(Promise.resolve(request));
    },
    post: <Response>(response: Response) => new Observable(Promise.resolve(response)),
  };
  return { middleware: [middleware], middlewareMergeStrategy: "append" };
}

/**
 * Asks again what got no answer, or was refused for the moment, for a minute. What the API server really refused fails
 * at once.
 * @param what completes the sentence «Could not …».
 * @param notFound what it means, and what to do, when the thing asked for does not exist.
 */
export async function retryTransient<T>(what: string, ask: () => Promise<T>, notFound?: string): Promise<T> {
  const end = Date.now() + milliseconds.patience;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (notFound !== undefined && error instanceof ApiException && error.code === 404) throw new Failure(notFound);
      if (!isTransient(error)) throw refusal(what, error);
      if (Date.now() > end) {
        throw new Failure(
          `Could not ${what}: the API server has given no answer for ${milliseconds.patience / 1000} s (${causeOf(error)}). See that it runs and that this machine reaches it, and run \`pulumi up\` again.`,
        );
      }
      await sleep(milliseconds.retry);
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
