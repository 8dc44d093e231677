import { RunError } from "@pulumi/pulumi/errors.js";
import { printableMessage } from "../analysis/printable.js";

/** Ends a deployment with its message alone. External text in the message is sanitized. */
export function runError(message: string): RunError {
  return new RunError(printableMessage(message));
}
