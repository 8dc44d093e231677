// What an embedded cluster needs of this machine besides Pulumi and k3d: a Docker daemon that answers, and
// images that can be had.
import { nodeImage } from "../components/cluster/node-image.ts";
import { ensureDocker } from "../toolchain/docker.ts";
import { ensureNodeImage, ensurePythonImage } from "../toolchain/images.ts";
import { nameOrphans } from "./leftovers.ts";

/** Image of a stack that names none, as in Pulumi.yaml. */
const defaultImage = "python:3.9-slim";

/** Readies the machine. Returns the settings that Pulumi needs besides the stack's own: the image to use where the default one can't be had. */
export async function prepareMachine(): Promise<string[]> {
  await ensureDocker();
  await nameOrphans();
  await ensureNodeImage(nodeImage);
  const image = await ensurePythonImage(defaultImage);
  return image === defaultImage ? [] : [`--config=pi-speedup:image=${image}`];
}
