// Prepares this machine for a stack. An embedded cluster needs a Docker daemon that answers, and images. Other clusters
// need the daemon only if something runs in it.
import { refuseRemoteDocker } from "../../components/host/docker-endpoint.ts";
import { ToolNotFound } from "../../components/host/run-tool.ts";
import { dockerAnswers, ensureDocker } from "../../toolchain/docker.ts";
import { ensureNodeImage, ensurePythonImage } from "../../toolchain/offline/images.ts";
import { warnAboutOrphans } from "./leftovers.ts";
import type { StackRequirements } from "./requirements.ts";
import { openStack, readRequest, type Stack } from "./stack.ts";

/** Image of a stack that sets none, as in Pulumi.yaml. */
const defaultImage = "python:3.9-slim";
const byDefault: StackRequirements = { cluster: "embedded", baseline: "docker", image: defaultImage };

/** Opens the stack and prepares the machine for it, in parallel if possible. */
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
 * Prepares the machine for a stack with or without an embedded cluster. Returns settings for Pulumi in addition to the
 * stack's own: the image to use if the default one is unavailable.
 */
export async function prepareMachine(
  stack?: Pick<Stack, "requirements"> & Partial<Pick<Stack, "hasCluster">>,
): Promise<string[]> {
  const { cluster, baseline, image: wanted } = stack?.requirements ?? byDefault;
  if (cluster !== "embedded") {
    if (baseline === "docker" || (await stack?.hasCluster?.())) await ensureDocker();
    // Availability here says nothing about availability on the cluster's nodes.
    return [];
  }
  const refused = refuseRemoteDocker().catch((error) => {
    // If there is no Docker here yet, there is none anywhere.
    if (!(error instanceof ToolNotFound)) throw error;
  });
  const [running] = await Promise.all([dockerAnswers(), refused]);
  if (!running) await ensureDocker();
  const [image] = await Promise.all([
    wanted === defaultImage ? ensurePythonImage(defaultImage) : wanted,
    ensureNodeImage(),
    warnAboutOrphans(),
  ]);
  return image === wanted ? [] : [`--config=pi-speedup:image=${image}`];
}
