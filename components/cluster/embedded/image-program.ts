// Brings the pods' image to nodes of the embedded cluster, so that no pod's start has to wait for a download.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as v from "valibot";
import { Failure } from "../../failure.js";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { logLine } from "../../program/log-line.ts";
import { type Program, program } from "../../program/program.ts";
import * as contracts from "./contracts.ts";

type Settings = v.InferOutput<typeof contracts.loadImage.settings>;

import { ensureImage } from "../../host/docker.ts";

/** By a file on the volume: k3d's own `image import` streams it, and now and then waits for ever. */
async function load({ image, server, workers }: Settings): Promise<null> {
  await ensureImage(image);
  logLine(`Bringing image ${image} to ${workers.length} nodes`);
  const docker = async (...args: string[]) => {
    const { code, stderr } = await runTool("docker", args);
    if (code !== 0) {
      throw new Failure(
        `Image «${image}» could not be brought to the nodes of the cluster (docker ${args[0]}: ${lastLine(stderr)}): run \`pulumi up\` again once the cause is gone.`,
      );
    }
  };
  const folder = await mkdtemp(join(tmpdir(), "pi-speedup-image-"));
  try {
    const archive = join(folder, "image.tar");
    const shared = "/k3d/images/image.tar";
    await docker("save", "--output", archive, image);
    await docker("cp", archive, `${server}:${shared}`);
    await Promise.all(workers.map((node) => docker("exec", node, "ctr", "image", "import", shared)));
    await docker("exec", server, "rm", shared);
  } finally {
    await rm(folder, { recursive: true });
  }
  return null;
}

export const loadImage: Program = program(contracts.loadImage, load);
