/** Tells the user what is going on; Pulumi shows it while the program runs. */
export function logLine(line: string): void {
  process.stderr.write(`${line}\n`);
}
