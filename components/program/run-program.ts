// Runs a program by the name that a state holds, and turns its end into an exit code and a message.
import { constants } from "node:os";
import { Failure } from "../../analysis/failure.js";
import { Interruption } from "./interruption.ts";
import { logLine } from "./log-line.ts";
import { programs } from "./registry.ts";

/** How a program has ended. */
export interface Ended {
  code: number;
  /** Its result; empty unless it has succeeded. */
  stdout: string;
}

/**
 * A failure prints its message on stderr, with exit code 1. An interruption exits with 128 plus the signal's number.
 * Anything that is not a {@link Failure} is a bug of ours and keeps its stack trace.
 * @param readSettings returns the settings as JSON. Called only if there is such a program.
 */
export async function runProgram(name: string, readSettings: () => Promise<string>): Promise<Ended> {
  try {
    const load = Object.hasOwn(programs, name) ? programs[name] : undefined;
    if (load === undefined) {
      throw new Failure(
        "program-unknown",
        `pi-speedup has no program "${name}", which the stack's state names. Another version has written that state. Use that version or a newer one, and run this again.`,
      );
    }
    const { execute } = await load();
    return { code: 0, stdout: `${await execute(await readSettings())}\n` };
  } catch (error) {
    logLine(error instanceof Failure ? error.message : String(error instanceof Error ? error.stack : error));
    return { code: error instanceof Interruption ? 128 + constants.signals[error.signal] : 1, stdout: "" };
  }
}
