// The stack that the npm scripts work on, and the Pulumi CLI pointed at it: with the tools that are there or
// were brought, and with a copy of the stack's configuration, so that no run changes a tracked file.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { readIfExists } from "../../components/host/text-file.ts";
import { hasLogin } from "../../toolchain/backend.ts";
import { privateFolder, projectFolder, stateFolder } from "../../toolchain/paths.ts";
import { run as runProgram } from "../../toolchain/run.ts";
import { addK3d, prepareTools } from "../../toolchain/tools.ts";
import { isAtLeast } from "../../toolchain/versions.ts";
import { parseArguments, type StackName, verbosityOf } from "./arguments.ts";
import { hasStaleLock } from "./leftovers.ts";
import { readRequirements, type StackRequirements } from "./requirements.ts";

export interface Stack {
  name: string;
  /** Arguments that the script does not know itself. */
  pulumiArgs: string[];
  /** What its configuration asks of this machine. */
  asked: StackRequirements;
  /** Whether its state holds an embedded cluster; one whose creation was broken off it does not. */
  hasCluster(): Promise<boolean>;
  /** The environment in which Pulumi runs. */
  env: NodeJS.ProcessEnv;
  /** Runs a Pulumi command on this stack, its output on the terminal. Rejects with {@link PulumiFailed}. */
  pulumi(command: string, ...args: string[]): Promise<void>;
  /** The same, its stdout returned. */
  read(command: string, ...args: string[]): Promise<string>;
}

/** Pulumi failed, and has said why on the terminal. */
export class PulumiFailed extends Error {
  readonly code: number;
  /** The user broke it off. */
  readonly interrupted: boolean;
  constructor(command: string, code: number, interrupted: boolean) {
    super(`pulumi ${command} ended with exit code ${code}`);
    this.code = code;
    this.interrupted = interrupted;
  }
}

const exportSchema = v.object({
  deployment: v.object({ resources: v.optional(v.array(v.object({ urn: v.string() })), []) }),
});

/** A project folder of its own for the copies: `pulumi stack` writes into the stack file of the folder where it runs. */
const copies = join(privateFolder, "stack");

/** What a script was asked for: on which stack, and what that stack's configuration asks of this machine. */
export interface Request {
  stack: StackName;
  /** Arguments that the script does not know itself. */
  pulumiArgs: string[];
  asked: StackRequirements;
  /** The stack's configuration, as a file that Pulumi may write into. */
  configFile: string;
}

/** Takes `--stack NAME` (default: dev) from the script's arguments, and reads what is asked. Needs no tool. */
export async function readRequest(): Promise<Request> {
  const { stack, pulumiArgs, config } = parseArguments(process.argv.slice(2));
  const configFile = await copyConfiguration(stack.name);
  const asked = readRequirements(
    await readIfExists(join(projectFolder, "Pulumi.yaml")),
    await readIfExists(configFile),
    config,
  );
  return { stack, pulumiArgs, asked, configFile };
}

/**
 * Readies the tools, and makes the stack if it is not there.
 * @param temporaryFolder for the temporary files of Pulumi and all that it starts. Default: the system's.
 */
export async function openStack(temporaryFolder?: string, request?: Request): Promise<Stack> {
  const { stack, pulumiArgs, asked, configFile: config } = request ?? (await readRequest());
  const { name } = stack;
  const { env } = await prepareTools({ k3d: asked.cluster === "embedded" });
  if (temporaryFolder !== undefined) env.TMPDIR = temporaryFolder;
  await refuseToLogSecrets(pulumiArgs, env);

  const run = async (command: string, args: string[], cwd: string, stdout: "inherit" | "pipe"): Promise<string> => {
    const withConfig = /^(up|preview|refresh|destroy)$/.test(command) ? ["--config-file", config] : [];
    const child = spawn("pulumi", [...command.split(" "), "--stack", stack.qualified, ...withConfig, ...args], {
      cwd,
      env,
      stdio: ["inherit", stdout, "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    // Ctrl-C is Pulumi's: the terminal sends it there too, and we wait until it has put things in order.
    let interrupted = false;
    const passOn = (signal: NodeJS.Signals) => {
      interrupted = true;
      if (signal !== "SIGINT") child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, passOn);
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit) => resolve(exit ?? 1));
    });
    for (const signal of signals) process.off(signal, passOn);
    if (code !== 0) {
      // Whoever reads what it prints has not shown it.
      if (output !== "") console.error(output.trim());
      throw new PulumiFailed(command, code, interrupted);
    }
    return output;
  };
  await run("stack select", ["--create", "--non-interactive"], copies, "pipe");
  if (await hasStaleLock(name)) {
    console.error(`A run on the stack «${name}» was killed and has left it locked: unlocking it.`);
    await run("cancel", ["--yes"], copies, "pipe");
  }
  const hasCluster = async () => {
    const { deployment } = v.parse(exportSchema, JSON.parse(await run("stack export", [], projectFolder, "pipe")));
    return deployment.resources.some(({ urn }) => urn.endsWith("EmbeddedCluster$command:local:Command::cluster"));
  };
  // One that was embedded may have to be removed.
  if (asked.cluster !== "embedded" && (await hasCluster())) await addK3d(env);
  // Programs that the script itself runs find the same tools.
  process.env.PATH = env.PATH;
  return {
    name,
    pulumiArgs,
    asked,
    hasCluster,
    env,
    pulumi: async (command, ...args) => {
      await run(command, args, projectFolder, "inherit");
    },
    read: (command, ...args) => run(command, args, projectFolder, "pipe"),
  };
}

/** The first CLI whose log hides secrets at every level, and the lowest level at which one of those before shows them. */
const hidesSecrets = "3.274.0";
const levelWithSecrets = 7;

/** @throws Error where Pulumi would write secrets in plain text into its own log. */
async function refuseToLogSecrets(pulumiArgs: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const level = verbosityOf(pulumiArgs);
  if (level < levelWithSecrets) return;
  const { stdout } = await runProgram("pulumi", ["version"], { env });
  const version = stdout.trim().replace(/^v/, "");
  if (isAtLeast(version, hidesSecrets)) return;
  throw new Error(
    `Pulumi ${version} writes secrets in plain text, such as the cluster's kubeconfig, into its log at -v=${level}. Use -v=${levelWithSecrets - 1}, or Pulumi ${hidesSecrets} or newer, and run this again.`,
  );
}

const listSchema = v.pipe(v.string(), v.parseJson(), v.array(v.object({ name: v.string() })));

/** The same, but makes nothing: undefined where the stack is not there. In our own backend that is seen without any tool. */
export async function findStack(temporaryFolder: string): Promise<Stack | undefined> {
  const { name } = parseArguments(process.argv.slice(2)).stack;
  if (!hasLogin()) {
    const file = join(stateFolder, ".pulumi", "stacks", "pi-speedup", `${name}.json`);
    return existsSync(file) ? openStack(temporaryFolder) : undefined;
  }
  const { env } = await prepareTools({ k3d: false });
  const { stdout } = await runProgram("pulumi", ["stack", "ls", "--json"], { cwd: projectFolder, env });
  // With an organisation, its name may come first.
  const there = v.parse(listSchema, stdout).some((stack) => `/${stack.name}`.endsWith(`/${name}`));
  return there ? openStack(temporaryFolder) : undefined;
}

/** Copies Pulumi.<stack>.yaml to where Pulumi may write into it. The salt of the stack's secrets, which Pulumi wrote there, stays. */
async function copyConfiguration(stack: string): Promise<string> {
  await mkdir(copies, { recursive: true });
  await writeFile(join(copies, "Pulumi.yaml"), "name: pi-speedup\nruntime: nodejs\n");
  const file = `Pulumi.${stack}.yaml`;
  const copy = join(copies, file);
  const [tracked, former] = await Promise.all([readIfExists(join(projectFolder, file)), readIfExists(copy)]);
  const salt = /^encryptionsalt:.*$/m.exec(former)?.[0];
  await writeFile(copy, salt === undefined || /^encryptionsalt:/m.test(tracked) ? tracked : `${salt}\n${tracked}`);
  return copy;
}
