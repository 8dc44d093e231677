// The Pulumi CLI on one stack.
import { onTerminal, runTool } from "../../components/host/run-tool.ts";
import { logLine } from "../../components/program/log-line.ts";

/** Pulumi failed, and has explained why on the terminal. */
export class PulumiFailed extends Error {
  readonly code: number;
  /** The user interrupted it. */
  readonly interrupted: boolean;
  constructor(command: string, code: number, interrupted: boolean) {
    super(`pulumi ${command} ended with exit code ${code}`);
    this.code = code;
    this.interrupted = interrupted;
  }
}

/** A Pulumi command as a list of words, such as `["stack", "output"]`. */
export type PulumiCommand = readonly [string, ...string[]];

/** Commands that read the stack's configuration. */
const configured = ["up", "preview", "refresh", "destroy"];

export interface PulumiCliArgs {
  /** The stack's name, as passed to Pulumi. */
  stack: string;
  /** The stack's configuration. */
  configFile: string;
  /** The environment in which Pulumi runs. */
  env: NodeJS.ProcessEnv;
  /** The project's folder, in which it runs. */
  folder: string;
}

/** Maximum number of characters to read. A stack's state has a few million. */
const most = 100_000_000;

export class PulumiCli {
  /** The environment in which Pulumi runs. */
  readonly env: NodeJS.ProcessEnv;
  readonly #args: PulumiCliArgs;

  constructor(args: PulumiCliArgs) {
    this.env = args.env;
    this.#args = args;
  }

  /** The same for another folder. */
  in(folder: string): PulumiCli {
    return new PulumiCli({ ...this.#args, folder });
  }

  /** Runs a command and shows its output on the terminal. Rejects with {@link PulumiFailed}. */
  async show(command: PulumiCommand, ...args: string[]): Promise<void> {
    await this.#run(command, args, "shown");
  }

  /** Runs a command and returns its stdout. Rejects with {@link PulumiFailed}. */
  read(command: PulumiCommand, ...args: string[]): Promise<string> {
    return this.#run(command, args, "returned");
  }

  async #run(command: PulumiCommand, args: readonly string[], stdout: "shown" | "returned"): Promise<string> {
    const { stack, configFile, env, folder } = this.#args;
    const withConfig = configured.includes(command[0]) ? ["--config-file", configFile] : [];
    const line = [...command, "--stack", stack, ...withConfig, ...args];
    const ended = await runTool("pulumi", line, { ...onTerminal, stdout, cwd: folder, env, most });
    if (ended.code === 0) return ended.stdout;
    // The output was captured, so it has not been shown yet.
    if (ended.stdout !== "") logLine(ended.stdout.trim());
    throw new PulumiFailed(command.join(" "), ended.code < 0 ? 1 : ended.code, ended.interrupted);
  }
}
