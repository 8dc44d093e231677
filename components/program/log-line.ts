import { printableMessage } from "../../analysis/printable.js";

/** Prints a progress message to stderr; Pulumi shows it while a program runs. External text in it is sanitized. */
export function logLine(message: string): void {
  process.stderr.write(`${printableMessage(message)}\n`);
}
