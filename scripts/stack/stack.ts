// The stack that the npm scripts work on, and the Pulumi CLI for it, with tools that were found or installed.

import { join } from "node:path";
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import type { Claim } from "../../components/cluster/embedded/claim.ts";
import { readIfExists } from "../../components/host/text-file.ts";
import { parseToolAnswer } from "../../components/host/tool-answer.ts";
import { logLine } from "../../components/program/log-line.ts";
import { hasLogin } from "../../toolchain/backend.ts";
import { projectFolder, stateFolder } from "../../toolchain/paths.ts";
import { answerSeconds, run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { isAtLeast } from "../../toolchain/versions.ts";
import { parseArguments, type StackName, verbosityOf } from "./arguments.ts";
import { copiesFolder, copyConfiguration } from "./configuration.ts";
import { hasStaleLock } from "./leftovers.ts";
import { endOrphanedPlugins } from "./orphaned-plugins.ts";
import { PulumiCli } from "./pulumi-cli.ts";
import { readRequirements, type StackRequirements } from "./requirements.ts";

export interface Stack {
  name: string;
  /** Arguments for Pulumi. */
  pulumiArgs: string[];
  /** What its configuration requires of this machine. */
  requirements: StackRequirements;
  /** Pulumi for this stack. */
  pulumi: PulumiCli;
  /** Whether its state contains an embedded cluster. One whose creation was interrupted is not there. */
  hasCluster(): Promise<boolean>;
  /** What its state contains about an embedded cluster. */
  recorded(): Promise<Recorded>;
}

/** What a state contains about an embedded cluster. */
export interface Recorded {
  /** The cluster in the state; undefined if there is none. */
  cluster: Claim | undefined;
  /** Distinguishes its cluster from all others, even before it exists; undefined in a state of the previous release. */
  identity: string | undefined;
}

/** What a script was asked to do: the stack, and what its configuration requires of this machine. */
export interface Request {
  stack: StackName;
  /** Arguments for Pulumi. */
  pulumiArgs: string[];
  requirements: StackRequirements;
  /** The stack's configuration, as a file that Pulumi may write into. */
  configFile: string;
}

/** Takes `--stack NAME` (default: dev) from the script's arguments, and reads the requirements. Needs no tool. */
export async function readRequest(): Promise<Request> {
  const { stack, pulumiArgs, config } = parseArguments(process.argv.slice(2));
  const configFile = await copyConfiguration(stack.name);
  const requirements = readRequirements(
    await readIfExists(join(projectFolder, "Pulumi.yaml")),
    await readIfExists(configFile),
    config,
  );
  return { stack, pulumiArgs, requirements, configFile };
}

/**
 * Prepares the tools, and creates the stack if it does not exist.
 * @param temporaryFolder for temporary files of Pulumi and everything that it starts. Default: the system's.
 */
export async function openStack(temporaryFolder?: string, request?: Request): Promise<Stack> {
  const { stack, pulumiArgs, requirements, configFile } = request ?? (await readRequest());
  const embedded = requirements.cluster === "embedded";
  const { env } = await prepareTools({ k3d: embedded });
  if (temporaryFolder !== undefined) env.TMPDIR = temporaryFolder;
  await refuseToLogSecrets(pulumiArgs, env);
  await endOrphanedPlugins();
  const pulumi = new PulumiCli({ stack: stack.qualified, configFile, env, folder: projectFolder });
  await selectStack(pulumi.in(copiesFolder), stack.name);
  return {
    name: stack.name,
    pulumiArgs,
    requirements,
    pulumi,
    hasCluster: () => holdsCluster(pulumi),
    recorded: () => readRecorded(pulumi),
  };
}

/** Creates the stack if it does not exist, and unlocks it if a killed run left it locked. */
async function selectStack(pulumi: PulumiCli, name: string): Promise<void> {
  if (!(await isInOwnBackend(name))) await pulumi.read(["stack", "select"], "--create", "--non-interactive");
  if (!(await hasStaleLock(name))) return;
  logLine(`An earlier run on stack "${name}" was killed and left it locked. Unlocking it.`);
  await pulumi.read(["cancel"], "--yes");
}

/** Whether our own backend has the stack, which is seen without starting Pulumi. False if the user has another backend. */
async function isInOwnBackend(name: string): Promise<boolean> {
  const file = join(stateFolder, ".pulumi", "stacks", "pi-speedup", `${name}.json`);
  return !hasLogin() && (await readIfExists(file)) !== "";
}

const exportSchema = v.object({
  deployment: v.object({
    resources: v.optional(
      v.array(
        v.object({ urn: v.string(), inputs: v.optional(v.looseObject({})), outputs: v.optional(v.looseObject({})) }),
      ),
      [],
    ),
  }),
});
const claimSchema = v.object({ name: v.string(), stack: v.string(), identity: v.optional(v.string()) });

async function readRecorded(pulumi: PulumiCli): Promise<Recorded> {
  const { deployment } = parseToolAnswer(exportSchema, "pulumi stack export", await pulumi.read(["stack", "export"]));
  const find = (name: string) =>
    deployment.resources.find(({ urn }) => urn.endsWith(`EmbeddedCluster$command:local:Command::${name}`));
  const [cluster, drawn] = [find("cluster"), find("identity")];
  const claim = cluster && parseToolAnswer(claimSchema, "pulumi stack export", String(cluster.inputs?.stdin));
  return {
    cluster: claim,
    identity:
      claim?.identity ?? (drawn && parseToolAnswer(v.string(), "pulumi stack export", String(drawn.outputs?.stdout))),
  };
}

async function holdsCluster(pulumi: PulumiCli): Promise<boolean> {
  return (await readRecorded(pulumi)).cluster !== undefined;
}

/** The first CLI whose log hides secrets at every level, and the lowest level at which earlier ones show them. */
const hidesSecrets = "3.274.0";
const levelWithSecrets = 7;

/** @throws Error if Pulumi would write secrets in plain text into its own log. */
async function refuseToLogSecrets(pulumiArgs: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const level = verbosityOf(pulumiArgs);
  if (level < levelWithSecrets) return;
  const { stdout } = await run("pulumi", ["version"], { env, seconds: answerSeconds });
  const version = stdout.trim().replace(/^v/, "");
  if (isAtLeast(version, hidesSecrets)) return;
  throw new Failure(
    "verbose-secrets",
    `At -v=${level}, Pulumi ${version} writes secrets such as the cluster's kubeconfig into its log in plain text. Use -v=${levelWithSecrets - 1}, or Pulumi ${hidesSecrets} or newer, and run this again.`,
  );
}

const listSchema = v.array(v.object({ name: v.string() }));

/**
 * Like {@link openStack}, but creates nothing: undefined if the stack does not exist. For our own backend, this needs
 * no tool.
 */
export async function findStack(temporaryFolder: string): Promise<Stack | undefined> {
  const { name } = parseArguments(process.argv.slice(2)).stack;
  if (!hasLogin()) return (await isInOwnBackend(name)) ? openStack(temporaryFolder) : undefined;
  const { env } = await prepareTools({ k3d: false });
  const { stdout } = await run("pulumi", ["stack", "ls", "--json"], { cwd: projectFolder, env });
  // In an organization, its name may come first.
  const there = parseToolAnswer(listSchema, "pulumi stack ls --json", stdout).some((stack) =>
    `/${stack.name}`.endsWith(`/${name}`),
  );
  return there ? openStack(temporaryFolder) : undefined;
}
