// Runs one command of a Command resource: what it gets, what is shown meanwhile, what is kept, how it fails.
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { Readable } from "node:stream";
import * as v from "valibot";
import type { Host, Target } from "../serve.ts";

/** How a command is run, as the program says it. */
export const runOptions = v.object({
  stdin: v.optional(v.string()),
  logging: v.optional(v.picklist(["stdout", "stderr", "stdoutAndStderr", "none"]), "stdoutAndStderr"),
  interpreter: v.optional(v.array(v.string())),
  dir: v.optional(v.string()),
  environment: v.optional(v.record(v.string(), v.string())),
  addPreviousOutputInEnv: v.optional(v.boolean(), true),
});

/** What a command printed, without the last newline of each. */
export interface Printed {
  stdout: string;
  stderr: string;
}

const signalTexts: Record<string, string> = { SIGKILL: "killed", SIGTERM: "terminated", SIGINT: "interrupt" };

/** Process groups of the commands that run now: they must not outlive the plugin. */
const running = new Set<number>();
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
process.on("exit", () => {
  for (const group of running) killGroup(group);
});

/**
 * Runs a command to its end, in `dir` or else where the plugin runs, which is the project's folder. `options.stdout`
 * and `options.stderr` are what the former command of the same resource printed. Throws when it can't be started, ends
 * with another status than 0, is cancelled or runs out of the resource's time; the error then holds everything that it
 * printed.
 */
export async function run(
  command: string,
  options: v.InferOutput<typeof runOptions> & Printed,
  { urn, timeout }: Target,
  host: Host,
): Promise<Printed> {
  const fail = (cause: string, output = "") => new Error(`${cause}: running ${JSON.stringify(command)}:\n${output}`);
  const timeUp = timeout ? [AbortSignal.timeout(timeout * 1000)] : [];
  const ended = AbortSignal.any([host.cancelled, ...timeUp]);
  ended.throwIfAborted();
  if (options.dir !== undefined && !statSync(options.dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw fail(`chdir ${options.dir}: no such directory`);
  }
  const [program = "/bin/sh", ...args] = options.interpreter?.length ? options.interpreter : ["/bin/sh", "-c"];
  const child = spawn(program, [...args, command], {
    cwd: options.dir,
    env: environmentOf(options),
    stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe"],
    // A process group of its own, so that a cancelled command goes with all that it started.
    detached: true,
  });
  const group = child.pid;
  const end = () => group !== undefined && killGroup(group);
  if (group !== undefined) running.add(group);
  ended.addEventListener("abort", end);

  let both = "";
  let shown: Promise<void> = Promise.resolve();
  const collect = (stream: Readable | null, name: "stdout" | "stderr") => {
    const show = options.logging === name || options.logging === "stdoutAndStderr";
    let text = "";
    let line = "";
    const say = (message: string) => {
      shown = host.log(urn, "info", message.replace(/\r$/, ""), true);
    };
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      both += chunk;
      if (!show) return;
      const lines = (line + chunk).split("\n");
      line = lines.pop() ?? "";
      lines.forEach(say);
    });
    return () => {
      if (line) say(line);
      return text.replace(/\n$/, "");
    };
  };
  const stdout = collect(child.stdout, "stdout");
  const stderr = collect(child.stderr, "stderr");
  // A command need not read its input to the end.
  child.stdin?.on("error", () => {}).end(options.stdin);
  try {
    const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on("error", (error) => reject(fail(error.message)));
      child.on("close", (...how) => resolve(how));
    });
    const printed = { stdout: stdout(), stderr: stderr() };
    await shown;
    if (signal) throw fail(`signal: ${signalTexts[signal] ?? signal}`, both);
    if (status !== 0) throw fail(`exit status ${status}`, both);
    return printed;
  } finally {
    ended.removeEventListener("abort", end);
    if (group !== undefined) running.delete(group);
  }
}

function environmentOf({ environment, addPreviousOutputInEnv, stdout, stderr }: Parameters<typeof run>[1]) {
  const former = {
    ...(stdout && { PULUMI_COMMAND_STDOUT: stdout }),
    ...(stderr && { PULUMI_COMMAND_STDERR: stderr }),
  };
  return { ...process.env, ...environment, ...(addPreviousOutputInEnv && former) };
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    // Gone already: what was wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
