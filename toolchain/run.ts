// Runs programs that must succeed. A failure is thrown with the program's own message.
import { type RunToolOptions, runTool, ToolNotFound } from "../components/host/run-tool.ts";

/** How a program is run here. */
export interface RunOptions
  extends Pick<RunToolOptions, "cwd" | "env" | "input" | "inputFile" | "outputFile" | "onLine" | "most"> {
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

/**
 * Runs `command` to its end. Throws with the command, its exit code and the last lines of stderr; code 127 if it was
 * not found.
 */
export async function run(
  command: string,
  args: readonly string[],
  { allowFailure = false, ...options }: RunOptions = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await runTool(command, args, options).catch(notFound);
  if (code !== 0 && !allowFailure) {
    const last = stderr.trim().split("\n").slice(-5).join("\n");
    throw new Error(`\`${[command, ...args].join(" ")}\` ended with exit code ${code}:\n${last}`);
  }
  return { code, stdout, stderr };
}

/** The exit code of a shell for a missing program. */
function notFound(error: unknown): Ended {
  if (!(error instanceof ToolNotFound)) throw error;
  return { code: 127, stdout: "", stderr: error.cause instanceof Error ? error.cause.message : error.message };
}
