import { printableText } from "../../analysis/printable.js";

/** Prints the requested output of a script to stdout, uncut. External text in it is sanitized. */
export function printLine(text: string): void {
  process.stdout.write(`${printableText(text)}\n`);
}
