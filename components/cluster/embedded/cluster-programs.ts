// The programs that make, keep and remove the embedded cluster.
import { rm } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../../failure.js";
import { ensureImage } from "../../host/docker.ts";
import { makePrivateFolder } from "../../host/private-folder.js";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import * as contracts from "./contracts.ts";
import { k3dConfig } from "./k3d-config.ts";
import { removeCluster, startCluster, withClusterLock } from "./lifecycle.ts";
import { agentNodes, scratchFolderOf, serverNode } from "./names.ts";

type Settings = contracts.ClusterSettings;

export const createCluster: Program = program(contracts.createCluster, (settings) =>
  withClusterLock(settings.name, () => create(settings)),
);

export const updateCluster: Program = program(contracts.updateCluster, (settings) =>
  withClusterLock(settings.name, () => keep(settings)),
);

export const deleteCluster: Program = program(contracts.deleteCluster, ({ name }) =>
  withClusterLock(name, async () => {
    await removeCluster(name);
    return null;
  }),
);

async function create(settings: Settings): Promise<string> {
  const { name, agents, nodeImage } = settings;
  await ensureImage(nodeImage);
  // The engine asks for a new cluster, so one of that name is what a killed run left.
  await removeCluster(name);
  logLine(`Creating K3s cluster ${name}: 1 server, ${agents} agents`);
  await makePrivateFolder(scratchFolderOf(name, process.cwd()));
  try {
    await step(name, "create the cluster", "k3d", ["cluster", "create", "--config", "-"], k3dConfig(settings));
    const nodes = agentNodes(name, agents).map((node) => `node/${node}`);
    const wait = ["wait", "--for=condition=Ready", "--timeout=120s", ...nodes];
    await step(name, "see all nodes Ready", "docker", ["exec", serverNode(name), "kubectl", ...wait]);
    return await readKubeconfig(name);
  } catch (error) {
    const undone = await removeCluster(name).then(
      () => "what was made of it is removed",
      // As a rule for the same reason, such as a Docker daemon that has died.
      () => "what was made of it can't be removed now, which the next run does first",
    );
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`${error.message}; ${undone}: run \`pulumi up\` again once the cause is gone.`);
  } finally {
    await rm(scratchFolderOf(name, process.cwd()), { recursive: true, force: true });
  }
}

/**
 * For a cluster that is to stay as it is, with nodes that may be stopped. Making it again would take the state's resources
 * away from under the engine, which has not planned for that, so one that is not complete is told.
 */
async function keep({ name, agents }: Settings): Promise<string> {
  const nodes = [serverNode(name), ...agentNodes(name, agents)];
  const missing: string[] = [];
  for (const node of nodes) {
    const found = await runTool("docker", ["container", "inspect", "--format", "{{.Id}}", node]);
    if (found.code !== 0) missing.push(node);
  }
  if (missing.length > 0) {
    throw new Failure(
      `The cluster "${name}" is not complete: Docker has no container ${missing.join(", ")}. Run \`npm run up\`, which creates the cluster again, or \`pulumi destroy\` and then \`pulumi up\`.`,
    );
  }
  await startCluster(name, nodes);
  const kubeconfig = await readKubeconfig(name).catch((error) => {
    throw error instanceof Failure
      ? new Failure(`${error.message}. Run \`pulumi up\` again once that is fixed.`)
      : error;
  });
  return kubeconfig;
}

function readKubeconfig(name: string): Promise<string> {
  return step(name, "read its kubeconfig", "k3d", ["kubeconfig", "get", name]);
}

async function step(name: string, what: string, tool: string, args: string[], input = ""): Promise<string> {
  const env = { ...process.env, TMPDIR: scratchFolderOf(name, process.cwd()) };
  const { code, stdout, stderr } = await runTool(tool, args, { input, env });
  if (code === 0) return stdout;
  throw new Failure(`Cluster ${name}: could not ${what} (${k3dCause(stderr) || lastLine(stdout)})`);
}

/** k3d's first error names the cause, its last line only the consequence. */
function k3dCause(output: string): string {
  const plain = stripVTControlCharacters(output);
  return /^ERRO\[\d+\] (.*\S)/m.exec(plain)?.[1] ?? lastLine(plain);
}
