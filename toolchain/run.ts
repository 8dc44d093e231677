// Runs another program, arguments as a list and never through a shell.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to its stdin. */
  input?: string;
  /** Hears each line of its stdout and stderr as it comes. */
  say?: (line: string) => void;
  /** Returns the exit code instead of throwing when it is not 0. */
  allowFailure?: boolean;
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Programs that run now: they end with this process. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill();
});

/** Runs `command` to its end. Throws with the command, its exit code and the last lines of stderr; code 127: not found. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: "pipe" });
  running.add(child);
  child.once("close", () => running.delete(child));
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      texts[name] += chunk;
    });
    if (options.say) createInterface({ input: child[name] }).on("line", options.say);
  }
  // A program that ends before it has read its input says why by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => {
      texts.stderr = error.message;
      resolve(127);
    });
    child.once("close", (exit) => resolve(exit ?? -1));
  });
  if (code !== 0 && options.allowFailure !== true) {
    const last = texts.stderr.trim().split("\n").slice(-5).join("\n");
    throw new Error(`\`${[command, ...args].join(" ")}\` ended with exit code ${code}:\n${last}`);
  }
  return { code, ...texts };
}
