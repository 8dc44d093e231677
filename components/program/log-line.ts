import { printableMessage } from "../../analysis/printable.js";

/** Tells the user what is going on, on stderr; Pulumi shows it while a program runs. What it quotes from outside can do no harm. */
export function logLine(message: string): void {
  process.stderr.write(`${printableMessage(message)}\n`);
}
