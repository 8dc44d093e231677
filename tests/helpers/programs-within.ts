// Fake programs as those of fake-programs.ts, but within this process: starting a process takes most of the time of a
// test that runs twenty of them.
import childProcess, { type SpawnOptions } from "node:child_process";
import { EventEmitter } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import { delimiter } from "node:path";
import { PassThrough } from "node:stream";
import type { ExecutionContext } from "ava";
import type { FakePrograms, Rule } from "./fake-programs.ts";

type Answer = Rule[1];

/** Answers to calls by rules, or in a way of its own. */
export type Answers = readonly Rule[] | ((call: string) => Answer);

interface World {
  programs: Record<string, Answers>;
  calls: string[];
}

/** By the folder on PATH that their programs are said to be in. */
const worlds = new Map<string, World>();

/** Creates programs that are gone when the test ends. A call without a rule succeeds and prints nothing. */
export function programsWithin(t: ExecutionContext, programs: Record<string, Answers>): FakePrograms {
  // Nothing is there, so a program that was not given is not found.
  const folder = `/pi-speedup-test/${crypto.randomUUID()}`;
  const world: World = { programs, calls: [] };
  worlds.set(folder, world);
  t.teardown(() => worlds.delete(folder));
  return { env: { ...process.env, PATH: folder }, calls: () => world.calls };
}

const { spawn } = childProcess;
Object.assign(childProcess, {
  spawn(tool: string, args: readonly string[], options: SpawnOptions) {
    const [folder = ""] = (options.env?.PATH ?? "").split(delimiter);
    const world = worlds.get(folder);
    const answers = world?.programs[tool];
    if (world === undefined || answers === undefined) return spawn(tool, args, options);
    const call = args.join(" ");
    world.calls.push(`${tool} ${call}`);
    return new FakeProcess(typeof answers === "function" ? answers(call) : ruled(answers, call));
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
