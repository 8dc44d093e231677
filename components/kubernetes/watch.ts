// Changes as the API server tells them, each as one line of JSON: with a limit to a line, and to how long nothing may come.
import type { ConfigurationOptions, ResponseContext } from "@kubernetes/client-node";
import { limitAnswer, most, onAnswer, UnusableAnswer } from "./answers.ts";
import { abortedBy } from "./requests.ts";

/** Bytes of one line: etcd takes no object of more than 1.5 MiB. */
const longestLine = 2 * 2 ** 20;

/** Milliseconds in which something must come; a quiet cluster is asked again then. */
const silence = 30_000;

/** One change: `ADDED`, `MODIFIED`, `DELETED` or another word, and what was changed, not looked at yet. */
export interface Change {
  type: unknown;
  object: unknown;
}

/**
 * Hears of changes until the server, the network, silence or `ended` breaks it off.
 * @returns whether it was the server.
 * @param send must ask for a watch, with these options.
 * @throws what the client throws for a refusal or a broken connection, UnusableAnswer for a line that is too long, and
 *   whatever `onChange` throws.
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
    // The client wants a list, and gets an empty one.
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

/** A line that was broken off, or that something between us and the server has written, is no change. */
function changeIn(line: string): Change | undefined {
  try {
    const change: unknown = JSON.parse(line);
    if (typeof change !== "object" || change === null) return undefined;
    return { type: "type" in change && change.type, object: "object" in change && change.object };
  } catch {
    return undefined;
  }
}

/** Leaving the loop early cancels the stream, and so the connection. */
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
