// Makes and removes the embedded cluster: run as `node k3d.command.ts create|delete`, settings on stdin,
// kubeconfig on stdout.
import { mkdir, rm } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import * as v from "valibot";
import { attempt, lastLine } from "../attempt.ts";
import { answer, Failure, say } from "../command.ts";
import { ensureImage } from "../docker.ts";
import { alone, removeCluster, scratchFor } from "./identity.ts";

export const settingsSchema = v.object({
  name: v.string(),
  /** The Pulumi stack that it belongs to. */
  stack: v.string(),
  agents: v.number(),
  /** K3s image of the nodes. */
  nodeImage: v.string(),
});
type Settings = v.InferOutput<typeof settingsSchema>;

/** k3d's own configuration file. Nothing but the API server is reached from outside: no load balancer, no registry, no add-ons. */
function k3dConfig({ name, stack, agents, nodeImage }: Settings): string {
  // They let a later run tell whose cluster this is, and whether its folder is still there.
  const labels = [`pi-speedup.stack=${stack}`, `pi-speedup.folder=${process.cwd()}`];
  const without = ["coredns", "traefik", "servicelb", "metrics-server", "local-storage"];
  return JSON.stringify({
    apiVersion: "k3d.io/v1alpha5",
    kind: "Simple",
    metadata: { name },
    servers: 1,
    agents,
    image: nodeImage,
    kubeAPI: { host: "127.0.0.1", hostIP: "127.0.0.1" },
    options: {
      k3d: { wait: true, timeout: "300s", disableLoadbalancer: true },
      k3s: { extraArgs: without.map((part) => ({ arg: `--disable=${part}`, nodeFilters: ["server:*"] })) },
      kubeconfig: { updateDefaultKubeconfig: false, switchCurrentContext: false },
      runtime: { labels: labels.map((label) => ({ label, nodeFilters: ["server:*", "agent:*"] })) },
    },
  });
}

async function create(settings: Settings): Promise<string> {
  const { name, agents, nodeImage } = settings;
  await ensureImage(nodeImage);
  // The engine asks for a new cluster, so one of that name is what a killed run left.
  await removeCluster(name);
  say(`Creating K3s cluster ${name}: 1 server, ${agents} agents`);
  await mkdir(scratchFor(name));
  try {
    await step(name, "create the cluster", "k3d", ["cluster", "create", "--config", "-"], k3dConfig(settings));
    const nodes = Array.from({ length: agents }, (_, i) => `node/k3d-${name}-agent-${i}`);
    const wait = ["wait", "--for=condition=Ready", "--timeout=120s", ...nodes];
    await step(name, "see all nodes Ready", "docker", ["exec", `k3d-${name}-server-0`, "kubectl", ...wait]);
    return await step(name, "read its kubeconfig", "k3d", ["kubeconfig", "get", name]);
  } catch (error) {
    const undone = await removeCluster(name).then(
      () => "what was made of it is removed",
      // As a rule for the same reason, such as a Docker daemon that has died.
      () => "what was made of it can't be removed now, which the next run does first",
    );
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`${error.message}; ${undone}: run \`pulumi up\` again once the cause is gone.`);
  } finally {
    await rm(scratchFor(name), { recursive: true, force: true });
  }
}

async function step(name: string, what: string, tool: string, args: string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await attempt(tool, args, { input, variables: { TMPDIR: scratchFor(name) } });
  if (code === 0) return stdout;
  throw new Failure(`Cluster ${name}: could not ${what} (${causeOf(stderr) || lastLine(stdout)})`);
}

/** k3d's first error names the cause, its last line only the consequence. */
function causeOf(output: string): string {
  const plain = stripVTControlCharacters(output);
  return /^ERRO\[\d+\] (.*\S)/m.exec(plain)?.[1] ?? lastLine(plain);
}

const [action] = process.argv.slice(2);
await answer(settingsSchema, (settings) =>
  alone(settings.name, async () => (action === "delete" ? removeCluster(settings.name) : create(settings))),
);
