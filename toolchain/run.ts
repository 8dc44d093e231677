// Runs programs that must succeed. A failure is thrown with the program's own message.
import { Failure } from "../analysis/failure.js";
import { type RunToolOptions, runTool, ToolNotFound } from "../components/host/run-tool.ts";

/** How a program is run here. */
export interface RunOptions
  extends Pick<RunToolOptions, "cwd" | "env" | "input" | "inputFile" | "outputFile" | "onLine" | "most"> {
  /** As in {@link RunToolOptions}. Default: an hour, in which a slow line brings packages and a slow disk writes an image. */
  seconds?: number;
  /** Returns an exit code other than 0 instead of throwing. */
  allowFailure?: boolean;
}

/** How a program ended. */
export interface Ended {
  /** 127: there is no such program. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Seconds that a program may take which is only asked for something, such as its version. */
export const answerSeconds = 60;

/**
 * Runs `command` to its end. Throws with the command, its exit code and the last lines of stderr; code 127 if it was
 * not found.
 */
export async function run(
  command: string,
  args: readonly string[],
  { allowFailure = false, seconds = 3600, ...options }: RunOptions = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await runTool(command, args, { ...options, seconds }).catch(notFound);
  if (code !== 0 && !allowFailure) {
    const last = stderr.trim().split("\n").slice(-5).join("\n");
    throw new Failure(
      "tool-failed",
      `\`${[command, ...args].join(" ")}\` ended with exit code ${code}. Remove the cause and run this again. Its last words were:\n${last}`,
    );
  }
  return { code, stdout, stderr };
}

/** The exit code of a shell for a missing program. */
function notFound(error: unknown): Ended {
  if (!(error instanceof ToolNotFound)) throw error;
  return { code: 127, stdout: "", stderr: error.cause instanceof Error ? error.cause.message : error.text };
}
