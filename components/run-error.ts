import { RunError } from "@pulumi/pulumi/errors.js";
import type { Failure } from "../analysis/failure.js";
import { type FaultId, withId } from "../analysis/fault-ids.js";
import { printableMessage } from "../analysis/printable.js";

/** Ends a deployment with its message alone. External text in the message is sanitized. */
export function runError(id: FaultId, text: string): RunError {
  return new RunError(printableMessage(withId(id, text)));
}

/** The same for a failure. */
export function runErrorOf({ id, text }: Failure): RunError {
  return runError(id, text);
}
