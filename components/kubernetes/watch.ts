// Watches for changes, which the API server sends as lines of JSON. Limits the length of a line, and the time without
// any.
import type { ConfigurationOptions, ResponseContext } from "@kubernetes/client-node";
import { limitAnswer, most, onAnswer, UnusableAnswer } from "./answers.ts";
import { abortedBy } from "./requests.ts";

/** Maximum bytes of one line. etcd accepts no object of more than 1.5 MiB. */
const longestLine = 2 * 2 ** 20;

/** Milliseconds without a line, after which a quiet cluster is asked again. */
const silence = 30_000;

/** One change: `ADDED`, `MODIFIED`, `DELETED` or another word, and the changed object, not validated yet. */
export interface Change {
  type: unknown;
  object: unknown;
}

/**
 * Reports changes until the server, the network, silence or `ended` stops it.
 * @returns whether the server stopped it.
 * @param send must request a watch, with these options.
 * @throws the client's error for a refusal or a broken connection, UnusableAnswer for a line that is too long, and any
 * error of `onChange`.
 */
export async function watchChanges(
  send: (options: ConfigurationOptions) => Promise<unknown>,
  onChange: (change: Change) => void,
  ended: AbortSignal,
): Promise<boolean> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), silence);
  const followed = async (response: ResponseContext) => {
    const stream = response.httpStatusCode === 200 ? response.body.stream() : null;
    if (stream === null) return response;
    await readLines(stream, (line) => {
      timer.refresh();
      const change = changeIn(line);
      if (change !== undefined) onChange(change);
    });
    // The client expects a list, so it gets an empty one.
    response.body = { text: async () => "{}", binary: async () => Buffer.from("{}"), stream: () => null };
    return response;
  };
  try {
    const options = abortedBy(AbortSignal.any([ended, silent.signal]));
    await send(onAnswer(limitAnswer(options, most.bytes), followed));
    return !silent.signal.aborted;
  } catch (error) {
    if (!silent.signal.aborted) throw error;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** A truncated line, or one that something between us and the server has written, is not a change. */
function changeIn(line: string): Change | undefined {
  try {
    const change: unknown = JSON.parse(line);
    if (typeof change !== "object" || change === null) return undefined;
    return { type: "type" in change && change.type, object: "object" in change && change.object };
  } catch {
    return undefined;
  }
}

/** Leaving the loop early cancels the stream, and with it the connection. */
async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let [parts, size]: [Uint8Array[], number] = [[], 0];
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      refuseLong(size + end - from);
      onLine(Buffer.concat(parts).toString());
      [parts, size, from] = [[], 0, end + 1];
    }
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    refuseLong(size);
  }
}

function refuseLong(size: number): void {
  if (size > longestLine) throw new UnusableAnswer(`a line of it is longer than ${longestLine / 2 ** 20} MiB`);
}
