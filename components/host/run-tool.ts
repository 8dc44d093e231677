// Other programs, run to their end: arguments as a list, never through a shell. Everything that starts one and waits for it
// does so here, but for what runs before the packages are installed.
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { execa, type Options } from "execa";
import { Failure } from "../failure.js";

/** How a tool ended. */
export interface ToolResult {
  /** -1 when a signal ended it, and where its time was up although it says that all went well. */
  code: number;
  /** Empty where it was not to be returned. */
  stdout: string;
  /** Empty where it was not to be returned, but for a last line of ours where its time was up. */
  stderr: string;
  /** It was ended because its time was up. */
  timedOut: boolean;
  /** The user broke it off while it was to finish in its own way. */
  interrupted: boolean;
}

/** What becomes of what a tool prints: the caller gets it, it goes where our own output goes, or both. */
export type Output = "returned" | "shown" | "both";

export interface RunToolOptions {
  cwd?: string;
  /** Its whole environment. Default: ours. */
  env?: NodeJS.ProcessEnv;
  /** Written to its stdin. Default: nothing. */
  input?: string;
  /** A file that it reads from its stdin instead: one that it can't see by its name. */
  inputFile?: string;
  /** It reads our own stdin instead. */
  interactive?: boolean;
  /** Default: "returned". */
  stdout?: Output;
  /** Default: "returned". */
  stderr?: Output;
  /** A file that its stdout is written to; one of that name is replaced. Nothing of it is returned. */
  outputFile?: string;
  /** Hears each line of its stdout and stderr as it comes, where they are returned. */
  onLine?: (line: string) => void;
  /** Hears each line of its stderr alone. */
  onErrorLine?: (line: string) => void;
  /**
   * Characters that it may print to stdout, and to stderr, where they are returned; with more it is ended. Default: 8 Mi.
   */
  most?: number;
  /** Ends it after so many seconds from its start: by SIGTERM, and by SIGKILL if it takes no notice. */
  seconds?: number;
  /** It finds no terminal and no window to ask the user for something. Ctrl-C does not reach it. Default: no. */
  withoutTerminal?: boolean;
  /**
   * It puts things in order by itself when the user breaks it off: we pass the signal on and wait. Default: it ends with
   * this process.
   */
  letFinish?: boolean;
}

/** For a tool that the user sees and talks to as if they had called it themselves. */
export const onTerminal = {
  interactive: true,
  stdout: "shown",
  stderr: "shown",
  letFinish: true,
} as const satisfies RunToolOptions;

/** A tool that printed more than it may. */
export class ToolEndless extends Failure {
  constructor(command: readonly string[], most: number) {
    super(
      `The program "${command[0]}" printed more than ${(most / 1e6).toFixed(0)} million characters, so it was stopped. Run \`${shortened(command.join(" "))}\` by hand to see what it prints.`,
    );
  }
}

/** A tool that is not there. */
export class ToolNotFound extends Failure {
  constructor(tool: string, cause: unknown) {
    super(
      `The program «${tool}» was not found on PATH: install it and run \`pulumi up\` again${brought.includes(tool) ? " (`npm run up` brings it itself)" : ""}.`,
      { cause },
    );
  }
}

/** Tools that `npm run up` brings. */
const brought = ["docker", "k3d"];

/** Milliseconds between SIGTERM and SIGKILL, and those that its pipes have once a tool has ended. */
export const delays = { kill: 5000, pipes: 1000 };

/** Characters that a tool may print where nothing else is said. What is read of most is a line. */
const mostOutput = 8 * 2 ** 20;

const outputs = { returned: "pipe", shown: "inherit", both: ["inherit", "pipe"] } as const;

/**
 * Runs a tool to its end, whatever its exit code. What it leaves running in the background does not count, even where that
 * holds its pipes.
 * @throws ToolNotFound when the tool is not there.
 * @throws ToolEndless when it prints more than it may.
 */
export async function runTool(
  tool: string,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<ToolResult> {
  const { seconds, onLine, onErrorLine, letFinish = false } = options;
  const tracked = { timedOut: false, interrupted: false };
  // Before it starts: a signal in between would end us and leave it behind.
  const stopListening = letFinish
    ? onSignals((signal) => {
        tracked.interrupted = true;
        // The terminal sends Ctrl-C to the tool as well.
        if (signal !== "SIGINT") running.kill(signal);
      })
    : undefined;
  const running = execa(tool, args, execaOptions(options));
  const deadline =
    seconds &&
    setTimeout(() => {
      tracked.timedOut = true;
      running.kill();
    }, seconds * 1000);
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
    // What keeps a tool from being started for another reason is a fault of ours.
    if (ended.code !== undefined && ended.exitCode === undefined && ended.signal === undefined) throw ended.cause;
    if (ended.isMaxBuffer) throw new ToolEndless([tool, ...args], options.most ?? mostOutput);
    // Whoever looks for the cause in its last line finds it there.
    const late = tracked.timedOut ? `\n${tool} was not done after ${seconds} s, so it was ended\n` : "";
    const stderr = `${textOf(ended.stderr)}${late}`;
    // One that ends well when it is told to end has not done what it was started for.
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

/** Both ends of a pipe between two tools: how the one that writes ended, and the one that reads. */
export type PipeResult = [from: Pick<ToolResult, "code" | "stderr">, to: Pick<ToolResult, "code" | "stderr">];

/** A tool and its arguments. */
export type ToolCall = [tool: string, ...args: string[]];

/**
 * Runs two tools at once, where the second reads what the first prints. Nothing of it is kept.
 * @param seconds ends both, as in {@link RunToolOptions}.
 * @throws ToolNotFound when one is not there.
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

/** A moment after a tool's end, its pipes are closed, which what it has left running may hold. Returns what forgets that. */
function closeOnceEnded(child: ChildProcess): () => void {
  let pipes: NodeJS.Timeout | undefined;
  child.once("exit", () => {
    // By then all that the tool itself has printed is read, at the latest in the round that `setImmediate` lets pass.
    pipes = setTimeout(() => setImmediate(() => closePipes(child)), delays.pipes);
  });
  return () => clearTimeout(pipes);
}

/**
 * The same for a tool whose output another one reads in its own time: not before all of it has gone there, or that one has
 * ended. Returns what forgets that.
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

/** Output that goes to the terminal alone is not there as text. */
function textOf(output: unknown): string {
  return typeof output === "string" ? output : "";
}

/** Returns what ends the listening. Meanwhile these signals do not end this process. */
function onSignals(listener: (signal: NodeJS.Signals) => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** The last line that says something: tools put the cause there. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() ?? "";
}
