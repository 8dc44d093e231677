// The one door to the programs behind the Commands: `exec node components/program/main.ts NAME`, settings on stdin, result
// on stdout and nothing there before success, what goes on on stderr.
//
// That line is part of every stack's state, and Pulumi runs it again as it is stored: this file never moves. Behind it
// everything may.
import { constants } from "node:os";
import { text } from "node:stream/consumers";
import { Failure } from "../../analysis/failure.js";
import { Interruption } from "./interruption.ts";
import { logLine } from "./log-line.ts";
import { programs } from "./registry.ts";

/** A failure is its message on stderr and exit code 1, of an interruption 128 and the signal's number; what is no {@link Failure} is a fault of ours and keeps its stack. */
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
