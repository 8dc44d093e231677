// Limits the size of answers from an API server, or from whatever answers in its place, and checks their shape.
import { StringDecoder } from "node:string_decoder";
import { type ConfigurationOptions, Observable, type ResponseContext } from "@kubernetes/client-node";
import * as v from "valibot";

/** An answer that no API server gives. The message completes the sentence "The answer can't be used: …". */
export class UnusableAnswer extends Error {}

/** The limits for one answer, and for one list. */
export const most = {
  /** Bytes of one answer. A page of nodes, each with the names of its images, stays far below. */
  bytes: 32 * 2 ** 20,
  /** Items in a page of a list, and pages. */
  page: 100,
  pages: 100,
} as const;

/** Options for a request. `change` sees the answer before anything of it is read. */
export function onAnswer(
  options: ConfigurationOptions,
  change: (response: ResponseContext) => Promise<ResponseContext>,
): ConfigurationOptions {
  const middleware: NonNullable<ConfigurationOptions["middleware"]>[number] = {
    pre: (request) => new Observable(Promise.resolve(request)),
    post: (response) => new Observable(change(response)),
  };
  return {
    ...options,
    middleware: [...(options.middleware ?? []), middleware],
    middlewareMergeStrategy: "append",
  };
}

/** Requests with these options read at most this many bytes of an answer. More is an {@link UnusableAnswer}. */
export function limitAnswer(options: ConfigurationOptions, bytes: number): ConfigurationOptions {
  return onAnswer(options, async (response) => {
    const { body, headers, httpStatusCode } = response;
    // The client would also read YAML, whose aliases can fill the memory, and has no error message for anything else.
    if (httpStatusCode < 300 && !/^(application\/json|text\/plain)\b/.test(headers["content-type"] ?? "")) {
      throw new UnusableAnswer("it is neither JSON nor plain text");
    }
    if (body instanceof LimitedBody) body.bytes = Math.min(body.bytes, bytes);
    else response.body = new LimitedBody(body, bytes);
    return response;
  });
}

/**
 * Requests that `withTimeout` sends with these options pass their answer to `take` as text, in pieces as it arrives.
 * They resolve to nothing.
 * @param bytes limit for the answer; more throws the error from `excess`.
 */
export function readAnswer(
  options: ConfigurationOptions,
  bytes: number,
  take: (text: string) => void,
  excess: () => Error,
): ConfigurationOptions {
  return onAnswer(options, async (response) => {
    // The client reads errors itself.
    if (response.httpStatusCode >= 300) return response;
    const { body } = response;
    const binary = async () => {
      const decoder = new StringDecoder();
      await eachChunk(body, bytes, (chunk) => take(decoder.write(chunk)), excess);
      take(decoder.end());
      return Buffer.alloc(0);
    };
    response.body = { binary, text: async () => (await binary()).toString(), stream: () => null };
    return response;
  });
}

/** Leaving the loop early cancels the stream, and with it the connection. */
async function eachChunk(
  body: ResponseContext["body"],
  bytes: number,
  take: (chunk: Uint8Array) => void,
  excess: () => Error = () => tooLarge(bytes),
): Promise<void> {
  const stream = body.stream();
  let size = 0;
  for await (const chunk of stream ?? [await body.binary()]) {
    size += chunk.length;
    if (size > bytes) throw excess();
    take(chunk);
  }
}

/** The body of an answer, read up to a limit. */
class LimitedBody {
  private readonly body: ResponseContext["body"];
  bytes: number;

  constructor(body: ResponseContext["body"], bytes: number) {
    this.body = body;
    this.bytes = bytes;
  }

  async text(): Promise<string> {
    return (await this.binary()).toString();
  }

  async binary(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    await eachChunk(this.body, this.bytes, (chunk) => chunks.push(chunk));
    return Buffer.concat(chunks);
  }

  /** Unlimited. The reader sets its own limit. */
  stream(): ReadableStream<Uint8Array> | null {
    return this.body.stream();
  }
}

function tooLarge(bytes: number): UnusableAnswer {
  return new UnusableAnswer(
    `it is larger than ${bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`}`,
  );
}

/** Which page of a list to request. */
export interface PageOptions {
  limit: number;
  _continue?: string;
}

/** A page of a list, as far as it matters here. */
export interface Page<T> {
  items: T[];
  metadata?: { _continue?: string; resourceVersion?: string };
}

/**
 * Reads a whole list, page by page. Of each page, only what `keep` returns is kept.
 * @param read must request this many items, and what follows the last page.
 * @param keep returns undefined for irrelevant items. It must not hold on to its argument.
 * @param pages maximum number of pages.
 * @throws UnusableAnswer for a list without end.
 */
export async function readPages<T, Kept = T>(
  read: (page: PageOptions) => Promise<Page<T>>,
  keep: (item: T) => Kept | undefined,
  pages: number = most.pages,
): Promise<{ items: Kept[]; version: string | undefined }> {
  const items: Kept[] = [];
  let next: string | undefined;
  let version: string | undefined;
  for (let page = 0; page < pages; page++) {
    const asked = { limit: most.page, ...(next && { _continue: next }) };
    const answer = shaped(v.looseObject({ items: v.array(v.unknown()) }), await read(asked), "the list");
    if (answer.items.length > most.page * pages) break;
    for (const item of answer.items) {
      const kept = keep(item);
      if (kept !== undefined) items.push(kept);
    }
    version ??= answer.metadata?.resourceVersion;
    next = answer.metadata?._continue || undefined;
    if (next === undefined) return { items, version };
  }
  throw new UnusableAnswer(`it is a list of more than ${most.page * pages} things`);
}

/**
 * The value of an answer, if it has the shape that we rely on.
 * @throws UnusableAnswer that names the place, but never its content.
 */
export function shaped<T>(schema: v.GenericSchema, value: T, what: string): T {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return value;
  throw malformed(what, parsed.issues[0]);
}

/** Names the place, but never its content. @param what e.g. "the pod". */
export function malformed(what: string, issue: v.BaseIssue<unknown>): UnusableAnswer {
  const place = v.getDotPath(issue);
  return new UnusableAnswer(`${place === null ? what : `"${place}" of ${what}`} is not as Kubernetes writes it`);
}
