// Where pi.py's output enters the program: what is wrong with it becomes a failure that says what to do.

import { Failure } from "../../analysis/failure.js";
import { InvalidOutput, type LogOrigin, type LogReader, parseLog, type Result } from "../../analysis/pod-output.ts";

/** A log's origin, and what its reader can do about one that holds no result. */
export interface ReadLog extends LogOrigin {
  /** The last sentence of the failure. */
  remedy: string;
}

/**
 * The one result in a whole log.
 * @throws Failure with the remedy when there is no result, more than one, one that is damaged, or somebody else's.
 */
export function resultIn(log: string | LogReader, { remedy, ...origin }: ReadLog): Result {
  try {
    return typeof log === "string" ? parseLog(log, origin) : log.result(origin);
  } catch (error) {
    if (!(error instanceof InvalidOutput)) throw error;
    throw new Failure(error.id, `${error.text} ${remedy}`);
  }
}
