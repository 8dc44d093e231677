// Copies the pods' image to nodes of the embedded cluster, so that no pod has to wait for a download.
import { randomBytes } from "node:crypto";
import type * as v from "valibot";
import { Failure } from "../../failure.js";
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
  const remedy = /content digest \S+ not found/.test(stderr)
    ? "Docker's image store has the image for several kinds of machine and holds only one of them. Docker 28 and newer can hand out that one alone, so update Docker, or remove the image and pull it with `docker pull`, and run `pulumi up` again"
    : "run `pulumi up` again once the cause is gone";
  throw new Failure(
    `Image "${image}" could not be brought to the nodes of the cluster (${step}: ${cause}): ${remedy}.`,
  );
}

export const loadImage: Program = program(contracts.loadImage, load);
