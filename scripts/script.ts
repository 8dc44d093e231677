// How every npm script ends: quietly, with Pulumi's exit code, or with one sentence.
import { PulumiFailed } from "./stack.ts";

/** Runs a script; an error becomes its message on stderr and exit code 1, unless Pulumi has already said it. */
export async function runScript(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.exitCode = error instanceof PulumiFailed ? error.code : 1;
    if (!(error instanceof PulumiFailed)) console.error(error instanceof Error ? error.message : error);
  }
}
