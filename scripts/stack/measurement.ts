// A stack's measurement, and the versions of the tools that were used.

import { createRequire } from "node:module";
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import { described } from "../../components/cluster/embedded/cluster-images.ts";
import { clusterNameFor, serverNode } from "../../components/cluster/embedded/names.ts";
import { parseToolAnswer } from "../../components/host/tool-answer.ts";
import { type Measurement, measurementIn } from "../../report/outputs.ts";
import { projectFolder } from "../../toolchain/paths.ts";
import { pluginsIn } from "../../toolchain/plugins.ts";
import { answerSeconds, run } from "../../toolchain/run.ts";
import { containersOf } from "./leftovers.ts";
import type { Stack } from "./stack.ts";

/** The stack's measurement; undefined if there is none. */
export async function measurementOf(stack: Pick<Stack, "name" | "pulumi">): Promise<Measurement | undefined> {
  const outputs = await stack.pulumi.read(["stack", "output"], "--json");
  return measurementIn(parseToolAnswer(v.unknown(), "pulumi stack output --json", outputs), stack.name);
}

/** The same for what is made of it. @throws Failure where it has none. */
export async function existingMeasurement(stack: Pick<Stack, "name" | "pulumi">): Promise<Measurement> {
  const measurement = await measurementOf(stack);
  if (measurement !== undefined) return measurement;
  throw new Failure("never-measured", `Stack "${stack.name}" has measured nothing yet. Run \`npm run up\` first.`);
}

const stateSchema = v.object({
  deployment: v.object({
    manifest: v.object({ version: v.string() }),
    resources: v.optional(v.array(v.object({ type: v.string(), outputs: v.optional(v.unknown()) })), []),
  }),
});
type State = v.InferOutput<typeof stateSchema>;

async function stateOf(stack: Pick<Stack, "pulumi">): Promise<State> {
  return parseToolAnswer(stateSchema, "pulumi stack export", await stack.pulumi.read(["stack", "export"]));
}

const packageSchema = v.object({ version: v.string() });
const require = createRequire(import.meta.url);
const packaged = (name: string) => v.parse(packageSchema, require(`${name}/package.json`)).version;

/** The tools that created the stack, and their versions. */
export async function versionsOf(stack: Stack): Promise<Record<string, string>> {
  return versionsIn(await stateOf(stack), stack);
}

/** Both, by one start of Pulumi. */
export async function measurementAndVersions(
  stack: Stack,
): Promise<{ measurement: Measurement | undefined; versions: Record<string, string> }> {
  // Whether there is such a cluster is known before the state is read, so its tools need not wait for Pulumi.
  const [state, tools] = await Promise.all([
    stateOf(stack),
    stack.requirements.cluster === "embedded" ? clusterTools(stack) : undefined,
  ]);
  const { outputs } = state.deployment.resources.find(({ type }) => type === "pulumi:pulumi:Stack") ?? {};
  return { measurement: measurementIn(outputs ?? {}, stack.name), versions: await versionsIn(state, stack, tools) };
}

async function versionsIn(
  { deployment }: State,
  stack: Stack,
  tools?: Record<string, string>,
): Promise<Record<string, string>> {
  const { manifest, resources } = deployment;
  const plugins = await pluginsIn(stack.pulumi.env);
  const embedded = resources.some(({ type }) => type === "pi-speedup:cluster:EmbeddedCluster");
  return {
    "pi-speedup": packaged("../.."),
    Pulumi: manifest.version.replace(/^v/, ""),
    "Pulumi's Node.js library": packaged("@pulumi/pulumi"),
    "Kubernetes plugin": plugins.kubernetes,
    "Command plugin": plugins.command,
    "Node.js": process.versions.node,
    ...(embedded && (tools ?? (await clusterTools(stack)))),
  };
}

/** The tools that an embedded cluster is made of. */
async function clusterTools(stack: Stack): Promise<Record<string, string>> {
  const { env } = stack.pulumi;
  const [k3d, docker, image] = await Promise.all([
    told("k3d", ["version"], env, /k3d version v?(\S+)/),
    told("docker", ["version", "--format", "{{.Server.Version}}"], env, /(\S+)/),
    imageOfNodes(stack),
  ]);
  return { k3d, Docker: docker, "nodes' image": image };
}

/** The image that the nodes really run. If the official one can't be pulled, another one replaces it. */
async function imageOfNodes({ name }: Stack): Promise<string> {
  const server = serverNode(clusterNameFor(name, projectFolder));
  const found = (await containersOf(name)).find((each) => each.name === server);
  return found === undefined ? "not told" : described({ reference: found.image, digest: found.labels.digest || null });
}

async function told(tool: string, args: readonly string[], env: NodeJS.ProcessEnv, pattern: RegExp): Promise<string> {
  const { stdout } = await run(tool, args, { env, allowFailure: true, seconds: answerSeconds });
  return pattern.exec(stdout)?.[1] ?? "not told";
}
