// From a pod's log to its result.
import * as v from "valibot";
import { type Run, runSchema } from "./records.ts";

/** What one log says: the tutorial's line, and the record. */
export interface Result {
  line: string;
  run: Run;
}

const recordStart = '{"record":"pi-speedup/1"';
const tutorialLine = /^Node .+: π ≈ \d+\.\d+, Time: \d+\.\d+s$/;

/**
 * Finds the one result in a whole log; other lines are passed over.
 * @param source who printed it, to be named in the error, e.g. `pod pi-x on node gray`.
 * @throws one sentence when there is no result, more than one, or one that is damaged.
 */
export function parseLog(log: string, source: string): Result {
  const lines = log.split("\n").map((line) => line.trimEnd());
  const records = lines.filter((line) => line.startsWith(recordStart));
  const [record, second] = records;
  if (record === undefined) {
    throw new Error(
      `The log of ${source} holds no result (${lines.filter(Boolean).length} lines were read): expected a line that starts with ${recordStart}.`,
    );
  }
  if (second !== undefined)
    throw new Error(`The log of ${source} holds ${records.length} results where one was expected.`);
  const line = lines.find((each) => tutorialLine.test(each));
  if (line === undefined) throw new Error(`The log of ${source} holds a record but no line «Node …: π ≈ …, Time: …s».`);
  return { line, run: parseRecord(record, source) };
}

function parseRecord(record: string, source: string): Run {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    throw new Error(
      `The record in the log of ${source} is cut off or garbled after ${record.length} characters: «…${record.slice(-60)}».`,
    );
  }
  const parsed = v.safeParse(runSchema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(
    `The record in the log of ${source} is not what pi.py prints: ${v.getDotPath(issue)}: ${issue.message}.`,
  );
}
