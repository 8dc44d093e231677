// From a pod's log to its result.
import * as v from "valibot";
import { type Run, runSchema } from "./records.ts";

/** A log does not hold the one result that is expected. The message says what is wrong; what to do about it depends on where the log is from. */
export class InvalidOutput extends Error {}

/** What one log says: the tutorial's line, and the record. */
export interface Result {
  line: string;
  run: Run;
}

/** Who a record says it is from. */
export interface Identity {
  /** Its completion index, or what it was told to call itself. */
  index: number | string;
  node: string;
}

/** Where a log is from. */
export interface LogOrigin {
  /** Who printed it, to be named in the error, e.g. `pod pi-x on node gray`. */
  source: string;
  /** Whose record it must be. Default: anybody's. */
  expected?: Identity;
}

const recordStart = '{"record":"pi-speedup/1"';
const tutorialLine = /^Node .+: π ≈ \d+\.\d+, Time: \d+\.\d+s$/;

/**
 * Finds the one result in a whole log; other lines are passed over.
 * @throws InvalidOutput when there is no result, more than one, one that is damaged, or somebody else's.
 */
export function parseLog(log: string, origin: LogOrigin): Result {
  const { source } = origin;
  const lines = log.split("\n").map((line) => line.trimEnd());
  const records = lines.filter((line) => line.startsWith(recordStart));
  const [record, second] = records;
  if (record === undefined) {
    throw new InvalidOutput(
      `The log of ${source} holds no result (${lines.filter(Boolean).length} lines were read): expected a line that starts with ${recordStart}.`,
    );
  }
  if (second !== undefined)
    throw new InvalidOutput(`The log of ${source} holds ${records.length} results where one was expected.`);
  const line = lines.find((each) => tutorialLine.test(each));
  if (line === undefined)
    throw new InvalidOutput(`The log of ${source} holds a record but no line «Node …: π ≈ …, Time: …s».`);
  // A copy: a part of a string keeps the whole string in memory, here a log of any size.
  return { line: Buffer.from(line).toString(), run: parseRecord(record, origin) };
}

/** The record line as pi.py prints it: a run, and whose it is. */
const recordSchema = v.object({
  index: v.union([v.number(), v.string()]),
  node: v.string(),
  ...runSchema.entries,
});

function parseRecord(record: string, { source, expected }: LogOrigin): Run {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    throw new InvalidOutput(
      `The record in the log of ${source} is cut off or garbled after ${record.length} characters: «…${record.slice(-60)}».`,
    );
  }
  const parsed = v.safeParse(recordSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new InvalidOutput(
      `The record in the log of ${source} is not what pi.py prints: ${v.getDotPath(issue)}: ${issue.message}.`,
    );
  }
  const { index, node, ...run } = parsed.output;
  if (expected !== undefined && (index !== expected.index || node !== expected.node)) {
    throw new InvalidOutput(
      `The record in the log of ${source} is somebody else's: index ${index} on node ${node} was found, index ${expected.index} on node ${expected.node} was expected.`,
    );
  }
  return run;
}
