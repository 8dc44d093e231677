import { printableText } from "../../analysis/printable.js";

/** Tells the user what a script was asked for, on stdout, whole. What it quotes from outside can do no harm. */
export function printLine(text: string): void {
  process.stdout.write(`${printableText(text)}\n`);
}
