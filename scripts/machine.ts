// What an embedded cluster needs of this machine besides Pulumi: a Docker daemon that answers, and the images.
import { nodeImage } from "../components/cluster/node-image.ts";
import { ensureDocker } from "../toolchain/docker.ts";
import { ensureImages } from "../toolchain/images.ts";
import { clearLeftovers } from "./leftovers.ts";
import type { Stack } from "./stack.ts";
