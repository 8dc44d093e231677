// Runs other programs to their end, with arguments as a list and never through a shell. Everything that starts a
// program and waits for it does so here, except for what runs before the packages are installed.

import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { execa, type Options } from "execa";
import { Failure } from "../../analysis/failure.js";
import type { FaultId } from "../../analysis/fault-ids.js";

/** How a tool ended. */
export interface ToolResult {
  /** -1 if a signal ended it, or if it claimed success after its time was up. */
  code: number;
  /** Empty if it was not to be returned. */
  stdout: string;
  /** Empty if it was not to be returned, except for a last line of ours if its time was up. */
  stderr: string;
  /** It was ended because its time was up. */
  timedOut: boolean;
  /** The user interrupted it, and it was allowed to finish in its own way. */
  interrupted: boolean;
}

/** Where a tool's output goes: to the caller, to our own output, or to both. */
export type Output = "returned" | "shown" | "both";

export interface RunToolOptions {
  cwd?: string;
  /** Its complete environment. Default: ours. */
  env?: NodeJS.ProcessEnv;
  /** Written to its stdin. Default: nothing. */
  input?: string;
  /** A file for its stdin, if it can't open the file by name. */
  inputFile?: string;
  /** It uses our own stdin instead. */
  interactive?: boolean;
  /** Default: "returned". */
  stdout?: Output;
  /** Default: "returned". */
  stderr?: Output;
  /** A file for its stdout; an existing one is replaced. Nothing of it is returned. */
  outputFile?: string;
  /** Receives each line of its stdout and stderr as it is printed, if they are returned. */
  onLine?: (line: string) => void;
  /** Receives each line of its stderr alone. */
  onErrorLine?: (line: string) => void;
  /**
   * Maximum number of characters on stdout and on stderr, if they are returned. A tool that prints more is ended.
   * Default: 8 Mi.
   */
  most?: number;
  /**
   * Ends it this many seconds after its start: with SIGTERM, and with SIGKILL if it does not react. Any tool may hang, so
   * `Infinity` is only for tools that a person watches and can interrupt. Give the reason beside it.
   */
  seconds: number;
  /** Keeps it from asking the user: it has no terminal and no window, and Ctrl-C does not reach it. Default: no. */
  withoutTerminal?: boolean;
  /**
   * It cleans up by itself if the user interrupts it: we forward the signal and wait. Default: it ends with this
   * process.
   */
  letFinish?: boolean;
}

/** For a tool that the user interacts with as if they had started it themselves. They interrupt it when they want to. */
export const onTerminal = {
  seconds: Number.POSITIVE_INFINITY,
  interactive: true,
  stdout: "shown",
  stderr: "shown",
  letFinish: true,
} as const satisfies RunToolOptions;

/** A tool printed more than it may. */
export class ToolEndless extends Failure {
  constructor(command: readonly string[], most: number) {
    super(
      "tool-endless",
      `The program "${command[0]}" printed more than ${(most / 1e6).toFixed(0)} million characters, so it was stopped. Run \`${shortened(command.join(" "))}\` by hand to see what it prints.`,
    );
  }
}

/** A tool was not found. */
export class ToolNotFound extends Failure {
  constructor(tool: string, cause: unknown) {
    super(
      missing[tool] ?? "tool-missing",
      `\`${tool}\` is not on your PATH. Install it and run \`pulumi up\` again${brought.includes(tool) ? ", or use `npm run up`, which installs it for you" : ""}.`,
      { cause },
    );
  }
}

/** Tools with their own message. */
const missing: Readonly<Record<string, FaultId>> = {
  docker: "docker-missing",
  k3d: "k3d-missing",
  python3: "python-missing",
  ssh: "ssh-missing",
};

/** Tools that `npm run up` installs. */
const brought = ["docker", "k3d"];

/** Milliseconds between SIGTERM and SIGKILL, and for its pipes to close after a tool has ended. */
export const delays = { kill: 5000, pipes: 1000 };

/** Milliseconds, 25 days. With more, a timer of Node.js fires at once. */
const longestTimer = 2 ** 31 - 1;

/** Default for the maximum number of characters. Most tools only print a line that is read. */
const mostOutput = 8 * 2 ** 20;

const outputs = { returned: "pipe", shown: "inherit", both: ["inherit", "pipe"] } as const;

/**
 * Runs a tool to its end, whatever its exit code. Anything that it leaves running in the background is ignored, even if
 * that keeps its pipes open.
 * @throws ToolNotFound if the tool was not found.
 * @throws ToolEndless if it prints more than it may.
 */
export async function runTool(tool: string, args: readonly string[], options: RunToolOptions): Promise<ToolResult> {
  const { seconds, onLine, onErrorLine, letFinish = false } = options;
  const tracked = { timedOut: false, interrupted: false };
  // Before it starts: a signal in between would end us and leave it running.
  const stopListening = letFinish
    ? onSignals((signal) => {
        tracked.interrupted = true;
        // The terminal also sends Ctrl-C to the tool.
        if (signal !== "SIGINT") running.kill(signal);
      })
    : undefined;
  const running = execa(tool, args, execaOptions(options));
  const deadline =
    seconds === Number.POSITIVE_INFINITY
      ? undefined
      : setTimeout(
          () => {
            tracked.timedOut = true;
            running.kill();
          },
          Math.min(seconds * 1000, longestTimer),
        );
  const child = running.nodeChildProcess;
  child.once("exit", () => clearTimeout(deadline));
  const release = closeOnceEnded(child);
  for (const input of [child.stdout, child.stderr]) {
    if (input && onLine) createInterface({ input }).on("line", onLine);
  }
  if (child.stderr && onErrorLine) createInterface({ input: child.stderr }).on("line", onErrorLine);
  try {
    const ended = await running;
    if (ended.code === "ENOENT" || ended.code === "EACCES") throw new ToolNotFound(tool, ended.cause);
    // Any other reason why a tool can't be started is a bug of ours.
    if (ended.code !== undefined && ended.exitCode === undefined && ended.signal === undefined) throw ended.cause;
    if (ended.isMaxBuffer) throw new ToolEndless([tool, ...args], options.most ?? mostOutput);
    // Callers look for the cause in its last line.
    const late = tracked.timedOut ? `\n${tool} was not done after ${seconds} s, so it was ended\n` : "";
    const stderr = `${textOf(ended.stderr)}${late}`;
    // A tool that ends successfully on our signal has not done its work.
    const code = tracked.timedOut && ended.exitCode === 0 ? -1 : (ended.exitCode ?? -1);
    return { code, stdout: textOf(ended.stdout), stderr, ...tracked };
  } finally {
    clearTimeout(deadline);
    release();
    stopListening?.();
  }
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)} …` : text;
}

/** How both ends of a pipe between two tools ended: the writer and the reader. */
export type PipeResult = [from: Pick<ToolResult, "code" | "stderr">, to: Pick<ToolResult, "code" | "stderr">];

/** A tool and its arguments. */
export type ToolCall = [tool: string, ...args: string[]];

/**
 * Runs two tools in parallel, where the second reads the output of the first. No output is kept.
 * @param seconds ends both, as in {@link RunToolOptions}.
 * @throws ToolNotFound if one was not found.
 */
export async function pipeTools(from: ToolCall, to: ToolCall, seconds: number): Promise<PipeResult> {
  const common = {
    reject: false,
    stripFinalNewline: false,
    maxBuffer: mostOutput,
    timeout: seconds * 1000,
    forceKillAfterDelay: delays.kill,
  } as const satisfies Options;
  const [[writer = "", ...its], [reader = "", ...theirs]] = [from, to];
  const writing = execa(writer, its, { ...common, stdin: "ignore", buffer: { stdout: false } });
  const reading = execa(reader, theirs, common);
  // How they end is told by each of them.
  if (writing.stdout && reading.stdin) pipeline(writing.stdout, reading.stdin).catch(() => {});
  const [source, target] = [writing.nodeChildProcess, reading.nodeChildProcess];
  const releases = [closeOnceEnded(target), closeOnceRead(source, target)];
  const ended = await Promise.all([writing, reading]).finally(() => {
    for (const release of releases) release();
  });
  for (const [i, { code, cause }] of ended.entries()) {
    if (code === "ENOENT" || code === "EACCES") throw new ToolNotFound([writer, reader][i] ?? "", cause);
  }
  const [one, other] = ended.map(({ exitCode, stderr, timedOut }) => ({
    code: exitCode ?? -1,
    stderr: timedOut ? `it was not done after ${seconds} s` : textOf(stderr),
  }));
  if (one === undefined || other === undefined) throw new Error("Two tools were started, and two must have ended.");
  return [one, other];
}

function execaOptions({ cwd, env = process.env, input = "", ...options }: RunToolOptions) {
  const { interactive = false, withoutTerminal = false, letFinish = false, inputFile, outputFile } = options;
  return {
    reject: false,
    ...(cwd !== undefined && { cwd }),
    env: { ...env, ...(withoutTerminal && { SSH_ASKPASS_REQUIRE: "never" }) },
    extendEnv: false,
    ...(interactive ? { stdin: "inherit" } : inputFile === undefined ? { input } : { inputFile }),
    stdout: outputFile === undefined ? outputs[options.stdout ?? "returned"] : { file: outputFile },
    ...(outputFile !== undefined && { buffer: { stdout: false } }),
    stderr: outputs[options.stderr ?? "returned"],
    stripFinalNewline: false,
    maxBuffer: options.most ?? mostOutput,
    detached: withoutTerminal,
    cleanup: !letFinish,
    forceKillAfterDelay: letFinish ? false : delays.kill,
  } as const satisfies Options;
}

/**
 * Closes a tool's pipes shortly after its end, because processes that it left running may keep them open. Returns a
 * function that cancels this.
 */
function closeOnceEnded(child: ChildProcess): () => void {
  let pipes: NodeJS.Timeout | undefined;
  child.once("exit", () => {
    // By then, the tool's own output was read, at the latest in the loop iteration before `setImmediate`.
    pipes = setTimeout(() => setImmediate(() => closePipes(child)), delays.pipes);
  });
  return () => clearTimeout(pipes);
}

/**
 * The same for a tool whose output another tool reads. It waits until that tool has received everything, or has ended.
 * Returns a function that cancels this.
 */
function closeOnceRead(writer: ChildProcess, reader: ChildProcess): () => void {
  let looking: NodeJS.Timeout | undefined;
  let last = -1;
  let bytes = 0;
  writer.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  writer.once("exit", () => {
    looking = setInterval(() => {
      const left = (writer.stdout?.readableLength ?? 0) + (reader.stdin?.writableLength ?? 0);
      const isRead = left === 0 && bytes === last;
      last = bytes;
      if (isRead || reader.exitCode !== null || reader.signalCode !== null) closePipes(writer);
    }, delays.pipes);
  });
  return () => clearInterval(looking);
}

function closePipes({ stdin, stdout, stderr }: ChildProcess): void {
  for (const pipe of [stdin, stdout, stderr]) pipe?.destroy();
}

/** Output that only goes to the terminal is not available as text. */
function textOf(output: unknown): string {
  return typeof output === "string" ? output : "";
}

/** Returns a function that stops listening. Until then, these signals do not end this process. */
function onSignals(listener: (signal: NodeJS.Signals) => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** The last line that is not empty. Tools put the cause there. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() ?? "";
}
