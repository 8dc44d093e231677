// Reads pi.py's output where it enters the program, and turns errors into failures that say what to do.

import { Failure } from "../../analysis/failure.js";
import { InvalidOutput, type LogOrigin, type LogReader, parseLog, type Result } from "../../analysis/pod-output.ts";

/** A log's source, and what the user can do if it contains no result. */
export interface ReadLog extends LogOrigin {
  /** The last sentence of the failure. */
  remedy: string;
}

/**
 * The one result in a complete log.
 * @throws Failure with the remedy if there is no result, more than one, a damaged one, or one with another origin.
 */
export function resultIn(log: string | LogReader, { remedy, ...origin }: ReadLog): Result {
  try {
    return typeof log === "string" ? parseLog(log, origin) : log.result(origin);
  } catch (error) {
    if (!(error instanceof InvalidOutput)) throw error;
    throw new Failure(error.id, `${error.text} ${remedy}`);
  }
}
