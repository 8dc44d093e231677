// The single entry point of the programs behind the Commands: `exec node components/program/main.ts NAME`. Settings
// come from stdin. The result goes to stdout, which is empty unless the program succeeds. Progress goes to stderr.
//
// This command line is part of every stack's state, and Pulumi runs it as stored. So this file never moves, while
// everything behind it may.
import "../host/use-compile-cache.js";
import { constants } from "node:os";
import { text } from "node:stream/consumers";
import { Failure } from "../../analysis/failure.js";
import { Interruption } from "./interruption.ts";
import { logLine } from "./log-line.ts";
import { programs } from "./registry.ts";

/**
 * A failure prints its message on stderr, with exit code 1. An interruption exits with 128 plus the signal's number.
 * Anything that is not a {@link Failure} is a bug of ours and keeps its stack trace.
 */
async function main(name: string): Promise<void> {
  try {
    const load = Object.hasOwn(programs, name) ? programs[name] : undefined;
    if (load === undefined) {
      throw new Failure(
        "program-unknown",
        `pi-speedup has no program "${name}", which the stack's state names. Another version has written that state. Use that version or a newer one, and run this again.`,
      );
    }
    const { execute } = await load();
    process.stdout.write(`${await execute(await text(process.stdin))}\n`);
  } catch (error) {
    logLine(error instanceof Failure ? error.message : String(error instanceof Error ? error.stack : error));
    process.exitCode = error instanceof Interruption ? 128 + constants.signals[error.signal] : 1;
  }
}

await main(process.argv[2] ?? "");
