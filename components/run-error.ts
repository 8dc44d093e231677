import { RunError } from "@pulumi/pulumi/errors.js";
import { printableMessage } from "../analysis/printable.js";

/** What ends a deployment with its message alone. What the message quotes from outside can do no harm. */
export function runError(message: string): RunError {
  return new RunError(printableMessage(message));
}
