// Plain JavaScript, because toolchain/bootstrap.js needs it under an older Node.js, which cannot run TypeScript.
import { withId } from "./fault-ids.js";

/** @typedef {import("./fault-ids.js").FaultId} FaultId */

/** A failure that is explained. Its message ends with its id, and is all that the user needs to read. */
export class Failure extends Error {
  /**
   * @param {FaultId} id
   * @param {string} text whole sentences: what is wrong, where, how to fix it
   * @param {ErrorOptions} [options]
   */
  constructor(id, text, options) {
    super(withId(id, text), options);
    /** @readonly */
    this.id = id;
    /** The message without its id, for a message that quotes it. @readonly */
    this.text = text;
  }
}

/**
 * The message of an error, for a quotation in another message that has its own id.
 * @param {unknown} error
 * @returns {string}
 */
export function wordsOf(error) {
  if (error instanceof Failure) return error.text;
  return error instanceof Error ? error.message : String(error);
}
