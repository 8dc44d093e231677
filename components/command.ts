// What every program behind a `command.local.Command` does alike: its settings come in on stdin, its result
// goes out on stdout as one JSON document when all went well, and a failure is one sentence on stderr.
import { text } from "node:stream/consumers";
import * as v from "valibot";

/** A failure that is explained: its message is all that the user needs to read. */
export class Failure extends Error {}

/** Tells the user what is going on; Pulumi shows it while the command runs. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs `work` on the settings that Pulumi wrote to stdin and prints what it returns.
 * Ends with exit code 1 and one sentence on stderr when it throws; what is no {@link Failure} is a fault of
 * this program and keeps its stack trace.
 */
export async function answer<Schema extends v.GenericSchema>(
  settings: Schema,
  work: (settings: v.InferOutput<Schema>) => Promise<unknown>,
): Promise<void> {
  try {
    const result = await work(v.parse(settings, JSON.parse(await text(process.stdin))));
    if (result !== undefined) process.stdout.write(`${typeof result === "string" ? result : JSON.stringify(result)}\n`);
  } catch (error) {
    say(error instanceof Failure ? error.message : String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}
