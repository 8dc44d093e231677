// Other tools' command lines, as the programs behind the Commands use them: arguments as a list, never through a shell.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { Failure } from "../failure.js";

/** How a tool ended. */
export interface ToolResult {
  code: number;
  stdout: string;
  stderr: string;
  /** It was ended because its time was up. */
  late: boolean;
}

export interface RunToolOptions {
  /** Written to its stdin. */
  input?: string;
  /** Ends it by SIGTERM after so many seconds. */
  seconds?: number;
  /** Variables of its environment besides ours. */
  variables?: Record<string, string>;
  /** It finds no terminal and no window to ask the user for something. Ctrl-C does not reach it. Default: no. */
  withoutTerminal?: boolean;
}

/** Tools that `npm run up` brings. */
const brought = ["docker", "k3d"];

/**
 * Runs a tool to its end, whatever its exit code.
 * @throws Failure when the tool is not there.
 */
export async function runTool(
  tool: string,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<ToolResult> {
  const { input = "", seconds, variables, withoutTerminal = false } = options;
  const env = { ...process.env, ...variables, ...(withoutTerminal && { SSH_ASKPASS_REQUIRE: "never" }) };
  const child = spawn(tool, args, { stdio: "pipe", detached: withoutTerminal, env });
  let late = false;
  const deadline =
    seconds &&
    setTimeout(() => {
      late = true;
      child.kill();
    }, seconds * 1000);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", () =>
      reject(
        new Failure(
          `The program «${tool}» was not found on PATH: install it and run \`pulumi up\` again${brought.includes(tool) ? " (`npm run up` brings it itself)" : ""}.`,
        ),
      ),
    );
    child.once("close", (code) => resolve(code ?? -1));
  });
  // A tool that ends before it has read its input says why by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  try {
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { code, stdout, stderr, late };
  } finally {
    clearTimeout(deadline);
  }
}

/** The last line that says something: tools put the cause there. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() ?? "";
}
