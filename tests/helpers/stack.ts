// The stack under test, as a user handles it: npm scripts in this checkout, on a stack of its own. Every test file has one.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { BaselineRecord, NodeRecord, Timeline } from "../../analysis/records.ts";
import type { JudgedRequirement } from "../../analysis/requirements.ts";
import type { Scaling } from "../../analysis/scaling/study-records.ts";
import { runTool } from "../../components/host/run-tool.ts";
import { dockerLabels } from "../../components/ownership.ts";
import { run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { disagreements } from "./recomputed-metrics.ts";

/** Its name, which is the test file's, so no two files have the same one. */
export const stack = basename(fileURLToPath(test.meta.file), ".test.ts");

/** The scripts' copy of its configuration. */
export const stackFile = join(".pi-speedup", "stack", `Pulumi.${stack}.yaml`);

/** Where its state is, as long as it exists. */
export const stateFile = join(".pi-speedup", "state", ".pulumi", "stacks", "pi-speedup", `${stack}.json`);

/** Docker's filters for what is this stack's. */
export const mine: readonly string[] = dockerLabels({ stack, folder: process.cwd() }).map(
  (label) => `--filter=label=${label}`,
);

let machine: readonly string[] = [];

/** Runs all later commands on another machine. @param prefix of each command. */
export function useMachine(prefix: readonly string[]): void {
  machine = prefix;
}

/** A command line for the current machine. */
function onMachine(program: string, args: readonly string[]): [program: string, args: string[]] {
  const [first = program, ...rest] = [...machine, program, ...args];
  return [first, rest];
}

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export function command(program: string, ...args: string[]): Promise<Result> {
  return commandIn(process.env, program, ...args);
}

/** The same in an environment. */
export async function commandIn(env: NodeJS.ProcessEnv, program: string, ...args: string[]): Promise<Result> {
  const { code, stdout, stderr } = await runTool(...onMachine(program, args), { seconds: 3600, env });
  return { code, stdout, stderr };
}

/** `npm run NAME -- ARGS` on the stack under test. */
export function script(name: string, ...args: string[]): Promise<Result> {
  return command("npm", "run", "--silent", name, "--", ...args, "--stack", stack);
}

/** `npm run down`, if the stack under test has anything. */
export async function removeRemains(): Promise<void> {
  if (existsSync(stateFile) || (await docker("ps", "--all", "--quiet", ...mine)) !== "") await script("down");
}

/** Pulumi itself, as typed by a user who has the tools. */
export async function pulumi(...args: string[]): Promise<Result> {
  const { env } = await prepareTools({ k3d: false });
  return commandIn(env, "pulumi", ...args);
}

/**
 * `npm run NAME`, and `act` once it has printed `sign`, with the process id of its group. Ends when the script has
 * ended, however it did.
 */
export async function meanwhile(
  sign: string | RegExp,
  act: (group: number) => unknown,
  name: string,
  ...args: string[]
): Promise<Result> {
  const child = spawn(...onMachine("npm", ["run", "--silent", name, "--", ...args, "--stack", stack]), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const printed = { stdout: "", stderr: "" };
  const seen = Promise.withResolvers<void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      printed[stream] += chunk;
      if (printed[stream].search(sign) >= 0) seen.resolve();
    });
  }
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  const early = ended.then(() => {
    throw new Error(`npm run ${name} ended before it printed ${sign}: ${printed.stdout}${printed.stderr}`);
  });
  await Promise.race([seen.promise, early]);
  early.catch(() => {});
  if (child.pid !== undefined) await act(child.pid);
  return { code: await ended, ...printed };
}

/** Ctrl-C in the terminal of such a script. */
export function interrupt(group: number): void {
  process.kill(-group, "SIGINT");
}

/** Starts `npm run NAME` and kills it and all that it started, as a power cut does, once it has printed `sign`. */
export async function killedMidway(sign: string, name: string, ...args: string[]): Promise<void> {
  await meanwhile(sign, (group) => process.kill(-group, "SIGKILL"), name, ...args);
}

async function succeed(result: Promise<Result>): Promise<string> {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr || stdout}`);
  return stdout;
}

export interface Outputs {
  nodes: NodeRecord[];
  baseline: BaselineRecord;
  metrics: Record<string, number | null>;
  logs: string[];
  timeline: Timeline;
  summary: string;
  requirements: JudgedRequirement[];
  scaling: Scaling | null;
}

/** A run's outputs. @throws Error when a second calculation finds other figures than they hold. */
export async function outputs(): Promise<Outputs> {
  // The tests examine its content.
  const found = JSON.parse(await succeed(script("output", "--json"))) as Outputs;
  const wrong = disagreements(found, found.metrics);
  if (wrong.length > 0) throw new Error(`The figures are not what the records say: ${wrong.join("; ")}`);
  return found;
}

export interface Exported {
  resources: { urn: string; created?: string }[];
}

/** The stack's state, secrets encrypted. */
export async function exported(): Promise<Exported> {
  const { env } = await prepareTools({ k3d: false });
  const { stdout } = await run("pulumi", ["stack", "export", "--stack", stack], { env });
  // Pulumi's own format.
  const { deployment } = JSON.parse(stdout) as { deployment: Exported };
  return deployment;
}

export function docker(...args: string[]): Promise<string> {
  return succeed(command("docker", ...args));
}

/** kubectl on the cluster under test, by the one in its server node. */
export async function kubectl(...args: string[]): Promise<string> {
  const server = await docker("ps", ...mine, "--filter=label=k3d.role=server", "--format={{.Names}}");
  return docker("exec", server.trim(), "kubectl", ...args);
}
