// Programs that must succeed: a failure is thrown, in the program's own words.
import { type RunToolOptions, runTool, ToolNotFound } from "../components/host/run-tool.ts";

/** How a program is run here. */
export interface RunOptions
  extends Pick<RunToolOptions, "cwd" | "env" | "input" | "inputFile" | "outputFile" | "onLine" | "most" | "seconds"> {
  /** Returns the exit code instead of throwing when it is not 0. */
  allowFailure?: boolean;
}

/** How a program ended. */
export interface Ended {
  /** 127: there is no such program. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `command` to its end. Throws with the command, its exit code and the last lines of stderr; code 127: not found. */
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

/** As a shell ends that does not find a program. */
function notFound(error: unknown): Ended {
  if (!(error instanceof ToolNotFound)) throw error;
  return { code: 127, stdout: "", stderr: error.cause instanceof Error ? error.cause.message : error.message };
}
