// What a stack needs of this machine besides Pulumi and k3d: for an embedded cluster a Docker daemon that answers and
// images that can be had, for another one only the daemon, and only where something runs in it.
import { refuseRemoteDocker } from "../../components/host/docker-endpoint.ts";
import { ToolNotFound } from "../../components/host/run-tool.ts";
import { ensureDocker } from "../../toolchain/docker.ts";
import { ensureNodeImage, ensurePythonImage } from "../../toolchain/offline/images.ts";
import { warnAboutOrphans } from "./leftovers.ts";
import type { StackRequirements } from "./requirements.ts";
import { openStack, readRequest, type Stack } from "./stack.ts";

/** Image of a stack that names none, as in Pulumi.yaml. */
const defaultImage = "python:3.9-slim";
const byDefault: StackRequirements = { cluster: "embedded", baseline: "docker", image: defaultImage };

/** Opens the stack and readies the machine for it, both at once where one does not wait for the other. */
export async function openStackOnMachine(temporaryFolder: string): Promise<{ stack: Stack; settings: string[] }> {
  const request = await readRequest();
  if (request.requirements.cluster !== "embedded") {
    const stack = await openStack(temporaryFolder, request);
    return { stack, settings: await prepareMachine(stack) };
  }
  const [stack, settings] = await Promise.all([openStack(temporaryFolder, request), prepareMachine(request)]);
  return { stack, settings };
}

/**
 * Readies the machine for a stack, or for one with an embedded cluster. Returns the settings that Pulumi needs besides
 * the stack's own: the image to use where the default one can't be had.
 */
export async function prepareMachine(
  stack?: Pick<Stack, "requirements"> & Partial<Pick<Stack, "hasCluster">>,
): Promise<string[]> {
  const { cluster, baseline, image: wanted } = stack?.requirements ?? byDefault;
  if (cluster !== "embedded") {
    if (baseline === "docker" || (await stack?.hasCluster?.())) await ensureDocker();
    // What can be had here says nothing of what the cluster's nodes can have.
    return [];
  }
  await refuseRemoteDocker().catch((error) => {
    // Where there is no Docker yet, none is elsewhere.
    if (!(error instanceof ToolNotFound)) throw error;
  });
  await ensureDocker();
  await warnAboutOrphans();
  const [image] = await Promise.all([
    wanted === defaultImage ? ensurePythonImage(defaultImage) : wanted,
    ensureNodeImage(),
  ]);
  return image === wanted ? [] : [`--config=pi-speedup:image=${image}`];
}
