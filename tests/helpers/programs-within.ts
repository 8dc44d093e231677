// Fake programs as those of fake-programs.ts, but within this process: starting a process takes most of the time of a
// test that runs twenty of them.
import { AsyncLocalStorage } from "node:async_hooks";
import childProcess, { type SpawnOptions } from "node:child_process";
import { EventEmitter } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import { PassThrough } from "node:stream";
import type { Rule } from "./fake-programs.ts";

type Answer = Rule[1];

/** Answers to calls by rules, or in a way of its own. */
type Answers = readonly Rule[] | ((args: readonly string[]) => Answer);

interface World {
  programs: Record<string, Answers>;
  note: (call: string) => void;
}

const worlds = new AsyncLocalStorage<World>();

/**
 * Does work for which these programs are all that is on PATH. A call without a rule succeeds and prints nothing.
 * @param note receives each call, as `docker version …`.
 */
export function programsWithin<T>(
  programs: Record<string, Answers>,
  work: () => T,
  note: (call: string) => void = () => {},
): T {
  return worlds.run({ programs, note }, work);
}

const { spawn } = childProcess;
Object.assign(childProcess, {
  spawn(tool: string, args: readonly string[], options: SpawnOptions) {
    const world = worlds.getStore();
    if (world === undefined) return spawn(tool, args, options);
    const answers = world.programs[tool];
    if (answers === undefined) return spawn(tool, args, { ...options, env: { ...options.env, PATH: "/nowhere" } });
    world.note([tool, ...args].join(" "));
    return new FakeProcess(typeof answers === "function" ? answers(args) : ruled(answers, args.join(" ")));
  },
});
syncBuiltinESMExports();

function ruled(rules: readonly Rule[], call: string): Answer {
  return rules.find(([args]) => args.test(call))?.[1] ?? {};
}

/** What of a ChildProcess is used. */
class FakeProcess extends EventEmitter {
  /** Nobody's. */
  readonly pid = 2 ** 31 - 1;
  readonly stdin = new PassThrough().resume();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly stdio = [this.stdin, this.stdout, this.stderr];
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;

  constructor({ code = 0, stdout = "", stderr = "", hangs }: Answer) {
    super();
    setImmediate(() => {
      this.emit("spawn");
      this.stdout.write(stdout);
      this.stderr.write(stderr);
      if (!hangs) setImmediate(() => this.end(code, null));
    });
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): boolean {
    const isRunning = this.exitCode === null && this.signalCode === null;
    if (isRunning) this.end(null, signal);
    return isRunning;
  }

  private end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.exitCode !== null || this.signalCode !== null) return;
    this.exitCode = code;
    this.signalCode = signal;
    this.stdout.end();
    this.stderr.end();
    this.emit("exit", code, signal);
  }
}
