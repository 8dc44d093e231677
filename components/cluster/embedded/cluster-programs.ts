// The programs that create, keep and remove the embedded cluster.
import { rm } from "node:fs/promises";
import { Failure } from "../../../analysis/failure.js";
import { refuseRemoteDocker } from "../../host/docker-endpoint.ts";
import { makePrivateFolder } from "../../host/private-folder.js";
import { lastLine, type RunToolOptions, runTool } from "../../host/run-tool.ts";
import { whereabouts } from "../../host/whereabouts.ts";
import { dockerLabels } from "../../ownership.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import { clusterImages, described, type FoundImage } from "./cluster-images.ts";
import * as contracts from "./contracts.ts";
import { k3dConfig } from "./k3d-config.ts";
import { ownContainers, removeCluster, startCluster, withClusterLock } from "./lifecycle.ts";
import { agentNodes, imageVolumeOf, k3dLabels, networkOf, scratchFolderOf, serverNode } from "./names.ts";
import { causeInNodes, k3dCause } from "./node-log.ts";
import { checkPublishedPorts } from "./published-ports.ts";

type Settings = contracts.ClusterSettings;

export const createCluster: Program = program(contracts.createCluster, (settings) =>
  withClusterLock(settings.name, () => create(settings)),
);

export const updateCluster: Program = program(contracts.updateCluster, (settings) =>
  withClusterLock(settings.name, () => keep(settings)),
);

export const deleteCluster: Program = program(contracts.deleteCluster, (settings) =>
  withClusterLock(settings.name, async () => {
    await removeCluster(settings, "recorded");
    return null;
  }),
);

const again = "Run `pulumi up` again once the cause is gone.";

/** The last step. */
const ready = "see all nodes Ready";

async function create(settings: Settings): Promise<string> {
  const { name, agents } = settings;
  // First, because images may take minutes.
  await refuseRemoteDocker();
  const images = await clusterImages(settings.nodeImage);
  // The engine asks for a new cluster. If one with that name exists, it is left over from a killed run, or not ours.
  await removeCluster(settings, "unrecorded");
  const labels = labelsOf(settings, images.node);
  await checkPublishedPorts({ image: images.node.reference, cluster: name, labels });
  logLine(`Creating K3s cluster ${name}: 1 server, ${agents} agents, image ${described(images.node)}`);
  const scratch = scratchFolderOf(name, process.cwd());
  await makePrivateFolder(scratch);
  const env = { ...process.env, TMPDIR: scratch, K3D_IMAGE_TOOLS: images.tools.reference };
  try {
    await makeSurroundings(name, labels);
    const config = k3dConfig(settings, images.node.reference, labels);
    await step(name, "create the cluster", "k3d", ["cluster", "create", "--config", "-"], { env, input: config });
    const nodes = agentNodes(name, agents).map((node) => `node/${node}`);
    const wait = ["wait", "--for=condition=Ready", "--timeout=120s", ...nodes];
    await step(name, ready, "docker", ["exec", serverNode(name), "kubectl", ...wait]);
    return await readKubeconfig(name);
  } catch (error) {
    // Before the nodes, and their logs, are gone.
    const why = error instanceof StepFailed ? await causeIn(settings) : undefined;
    const undone = await removeCluster(settings, "recorded").then(
      () => true,
      // Usually for the same reason, such as a dead Docker daemon.
      () => false,
    );
    throw error instanceof StepFailed ? error.because(why, undone) : error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What the existing nodes log; undefined if they log nothing, are not ours, or Docker does not answer. */
async function causeIn(settings: Settings): Promise<string | undefined> {
  try {
    return await causeInNodes(await ownContainers(settings, "recorded"));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Labels of everything that is created. */
function labelsOf({ stack, identity }: Settings, { digest }: FoundImage): string[] {
  return dockerLabels({
    stack,
    ...whereabouts(),
    ...(identity !== undefined && { identity }),
    ...(digest && { digest }),
  });
}

/** The network and the volume. k3d would create them without labels, but uses existing ones. */
async function makeSurroundings(name: string, labels: readonly string[]): Promise<void> {
  const options = [...labels, ...k3dLabels(name)].flatMap((label) => ["--label", label]);
  await step(name, "make its network", "docker", ["network", "create", ...options, networkOf(name)]);
  await step(name, "make its volume", "docker", ["volume", "create", ...options, imageVolumeOf(name)]);
}

/**
 * Restores a cluster that should stay as it is, with nodes that may be stopped. Recreating it would remove resources
 * that the engine still has in its state. So an incomplete cluster is reported.
 */
async function keep(settings: Settings): Promise<string> {
  const { name, agents } = settings;
  const nodes = [serverNode(name), ...agentNodes(name, agents)];
  const found = (await ownContainers(settings, "recorded")).filter((each) => nodes.includes(each.name));
  const missing = nodes.filter((node) => !found.some((each) => each.name === node));
  if (missing.length > 0) {
    throw new Failure(
      "cluster-incomplete",
      `Cluster "${name}" is incomplete: Docker has no container ${missing.join(", ")}. Run \`npm run up\`, which creates the cluster again, or \`pulumi destroy\` and then \`pulumi up\`.`,
    );
  }
  await startCluster(
    name,
    found.map(({ id }) => id),
  );
  return readKubeconfig(name);
}

function readKubeconfig(name: string): Promise<string> {
  return step(name, "read its kubeconfig", "k3d", ["kubeconfig", "get", name]);
}

/** Time limit for a step in seconds: by itself, k3d waits 300 s for each of its nodes, one after another. */
const patience = 900;

async function step(
  name: string,
  what: string,
  tool: string,
  args: string[],
  options: Omit<RunToolOptions, "seconds"> = {},
): Promise<string> {
  const { code, stdout, stderr } = await runTool(tool, args, { ...options, seconds: patience });
  if (code === 0) return stdout;
  throw new StepFailed(name, what, k3dCause(stderr) || lastLine(stdout));
}

/** A tool failed. */
class StepFailed extends Failure {
  private readonly cluster: string;
  private readonly step: string;
  private readonly words: string;

  /**
   * @param step the step that failed.
   * @param words the tool's own message.
   */
  constructor(cluster: string, step: string, words: string) {
    super("k3d-failed", `Cluster "${cluster}": could not ${step} (${words}). ${again}`);
    this.cluster = cluster;
    this.step = step;
    this.words = words;
  }

  /**
   * The same failure for a cluster that was being created.
   * @param why more words about the cause.
   * @param undone whether the partly created cluster was removed.
   */
  because(why: string | undefined, undone: boolean): Failure {
    const words = [this.words, why].filter(Boolean).join("; ");
    const found = `Cluster "${this.cluster}": could not ${this.step} (${words}).`;
    if (!undone) {
      return new Failure(
        "cluster-half-made",
        `${found} The partly created cluster could not be removed; the next run will remove it first. ${again}`,
      );
    }
    const id = /port is already allocated/.test(words)
      ? "port-taken"
      : this.step === ready
        ? "nodes-never-ready"
        : "k3d-failed";
    return new Failure(id, `${found} The partly created cluster was removed. ${again}`);
  }
}
