// Copies the pods' image to nodes of the embedded cluster, so that no pod has to wait for a download.
import { randomBytes } from "node:crypto";
import type * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { dockerPatience, ensureImage, savedPlatform } from "../../host/docker.ts";
import { lastLine, pipeTools, runTool } from "../../host/run-tool.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import * as contracts from "./contracts.ts";

type Settings = v.InferOutput<typeof contracts.loadImage.settings>;

/** Time limit per method in seconds: an image may have gigabytes, and a disk may be slow. */
const seconds = 1800;

/**
 * Through a pipe into a file on the nodes' shared volume. k3d's own `image import` also streams, but sometimes hangs. A
 * file on this machine would not be visible to Docker from snap, or to a remote Docker.
 */
async function load({ image, server, workers }: Settings): Promise<null> {
  await ensureImage(image);
  logLine(`Bringing image ${image} to ${workers.length} nodes`);
  const platform = await savedPlatform(image);
  const only = platform === undefined ? [] : ["--platform", platform];
  const archive = `/k3d/images/pi-speedup-${randomBytes(4).toString("hex")}.tar`;
  try {
    const [saved, written] = await pipeTools(
      ["docker", "save", ...only, image],
      // As a parameter, so that names never become part of a script.
      ["docker", "exec", "--interactive", server, "sh", "-c", 'cat > "$1"', "sh", archive],
      seconds,
    );
    // If the reader ended early, it broke the writer's pipe, so the reader knows the cause.
    refuse(image, "docker exec", written);
    refuse(image, "docker save", saved);
    const imported = await Promise.all(
      workers.map((node) => runTool("docker", ["exec", node, "ctr", "image", "import", archive], { seconds })),
    );
    for (const each of imported) refuse(image, "ctr image import", each);
  } finally {
    await runTool("docker", ["exec", server, "rm", "-f", archive], { seconds: dockerPatience.answer });
  }
  return null;
}

function refuse(image: string, step: string, { code, stderr }: { code: number; stderr: string }): void {
  if (code === 0) return;
  const cause = lastLine(stderr) || `exit code ${code}`;
  const found = `Image "${image}" could not be brought to the nodes of the cluster (${step}: ${cause}).`;
  if (/content digest \S+ not found/.test(stderr)) {
    throw new Failure(
      "image-not-alone",
      `${found} Docker's image store knows the image for several architectures and holds only one of them. Update Docker to version 28 or newer, or remove the image and pull it with \`docker pull\`. Then run \`pulumi up\` again.`,
    );
  }
  if (/no space left on device/.test(stderr)) {
    throw new Failure("disk-full", `${found} Free some space on Docker's disk and run \`pulumi up\` again.`);
  }
  throw new Failure("image-not-brought", `${found} Remove the cause and run \`pulumi up\` again.`);
}

export const loadImage: Program = program(contracts.loadImage, load);
