// Chooses the images of the cluster: the official ones, by the digests in this repository, or those that were built
// here in their place. A tag can be moved to another image, and the nodes run privileged.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { checkDocker, dockerPatience, inspectImage, pullQuietly } from "../../host/docker.ts";
import { lastLine, runTool } from "../../host/run-tool.ts";
import { logLine } from "../../program/log-line.ts";
import { ownImages, toolsImage } from "./node-image.ts";

/** An image that Docker has. */
export interface FoundImage {
  /** As passed to Docker and k3d. */
  reference: string;
  /** Of the image in its registry; null if it came from none. */
  digest: string | null;
}

/** The digests in this repository, as a file. `scripts/dev/pin-downloads.ts` writes it. */
export const digestsFile = fileURLToPath(new URL("image-digests.json", import.meta.url));
const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
const digestsSchema = v.pipe(v.string(), v.parseJson(), v.record(v.string(), digest));

/** Digests of multi-architecture images, by image name. */
export type Digests = Readonly<Record<string, string>>;

export function readDigests(): Digests {
  return v.parse(digestsSchema, readFileSync(digestsFile, "utf8"));
}

/** The label of an image that was built here. Its value identifies the recipe. */
export const recipeLabel = "pi-speedup.recipe";

/**
 * The images for a cluster's nodes and for k3d's tools. Pulls missing ones.
 * @param official image of the nodes
 * @throws Failure if Docker does not answer or an image is unavailable.
 */
export async function clusterImages(official: string): Promise<{ node: FoundImage; tools: FoundImage }> {
  await checkDocker();
  const digests = readDigests();
  const node = await imageFor(official, ownImages.node, digests);
  if (node.reference === ownImages.node) {
    logLine(`The nodes run ${node.reference}, which was built here: ${official} could not be pulled when it was.`);
  }
  const chosen = chosenTools();
  if (chosen !== undefined) return { node, tools: { reference: chosen, digest: null } };
  return { node, tools: await imageFor(toolsImage, ownImages.pause, digests) };
}

/** The image for k3d's tools that the user chose with k3d's own variable, for example behind a mirror. */
export function chosenTools(): string | undefined {
  return process.env.K3D_IMAGE_TOOLS || undefined;
}

async function imageFor(official: string, own: string, digests: Digests): Promise<FoundImage> {
  const found = await findImage(official, own, digests);
  if (found !== undefined) return found;
  const refused = await pullImage(official, digests);
  const pulled = refused === undefined ? await findImage(official, own, digests) : undefined;
  if (pulled !== undefined) return pulled;
  throw new Failure(
    "node-image-missing",
    `Image "${official}", which the nodes of the cluster run, is not on this machine and could not be pulled (${refused ?? "Docker still does not have it"}). Check the network and run \`pulumi up\` again, or run \`npm run up\`, which builds an image instead if it can.`,
  );
}

/**
 * The local image to use for an official one. An image that was built here is only used if the official one is missing.
 */
export async function findImage(official: string, own: string, digests: Digests): Promise<FoundImage | undefined> {
  const pin = digests[official];
  if (pin !== undefined) {
    const reference = pinned(official, pin);
    if ((await look(reference)) !== undefined) return { reference, digest: pin };
  }
  const there = await lookUnderOwnName(official, own);
  if (there !== undefined) {
    const [found = null] = digestsIn(there, official);
    if (pin === undefined) return { reference: official, digest: found };
    // Someone loaded it from a file, which has no digest. They want this image.
    if (found === null) {
      logLine(`The image ${official} was not pulled from a registry, so its digest is not checked.`);
      return { reference: official, digest: null };
    }
    logLine(`The image ${official} on this machine is ${found} and not ${pin}, so it is not used.`);
  }
  return (await look(own)) === undefined ? undefined : { reference: own, digest: null };
}

/**
 * Pulls an official image, by its digest if it is known, so that nothing else can arrive.
 * @param onLine receives the lines that Docker prints.
 * @returns why it could not be pulled; undefined on success.
 */
export async function pullImage(
  image: string,
  digests: Digests,
  onLine?: (line: string) => void,
): Promise<string | undefined> {
  const pin = digests[image];
  const reference = pin === undefined ? image : pinned(image, pin);
  logLine(`Pulling image ${reference}`);
  const { code, stderr } = await pullQuietly(reference, onLine);
  if (code !== 0) return lastLine(stderr) || `docker pull ended with exit code ${code}`;
  if (pin === undefined) {
    const there = await look(image);
    const [found = "unknown"] = there === undefined ? [] : digestsIn(there, image);
    logLine(`Its digest is ${found}. This version of pi-speedup has none to check it against.`);
  }
  return undefined;
}

/** The name of an image in messages. */
export function described({ reference, digest }: FoundImage): string {
  return digest === null || reference.endsWith(digest) ? reference : `${reference} (${digest})`;
}

/** An image identified by its digest. */
function pinned(image: string, digest: string): string {
  return `${repositoryOf(image)}@${digest}`;
}

/** An image's name without its tag. A registry's port also contains a colon. */
function repositoryOf(image: string): string {
  return image.replace(/:[^/:]*$/, "");
}

interface Present {
  recipe: string;
  entrypoint: string;
  /** As `repository@digest`. */
  digests: string[];
}

/**
 * The local image with a name.
 * @throws Failure if Docker does not answer.
 */
async function look(reference: string): Promise<Present | undefined> {
  const format = `{{index .Config.Labels "${recipeLabel}"}} {{join .RepoDigests ","}} {{json .Config.Entrypoint}}`;
  const told = await inspectImage(reference, format);
  if (told === undefined) return undefined;
  const [, recipe = "", digests = "", entrypoint = ""] = /^(\S*) (\S*) (.*)$/m.exec(told) ?? [];
  return { recipe, entrypoint, digests: digests.split(",").filter(Boolean) };
}

/** Its digests in the registry under this exact name. */
function digestsIn({ digests }: Present, image: string): string[] {
  // Docker leaves out the name of its own registry.
  const short = (name: string) => name.replace(/^docker\.io\/(library\/)?/, "");
  const repository = short(repositoryOf(image));
  return digests.flatMap((each) => {
    const [name = "", found = ""] = each.split("@");
    return short(name) === repository && v.is(digest, found) ? [found] : [];
  });
}

/**
 * The local image with an official name. The previous release gave the official names to what it built, although others
 * on this machine may pull and use them. Such an image is renamed to our own name, and the official name is freed.
 */
async function lookUnderOwnName(official: string, own: string): Promise<Present | undefined> {
  const there = await look(official);
  if (there === undefined || !isBuiltHere(there)) return there;
  const options = { seconds: dockerPatience.answer };
  if ((await look(own)) === undefined) await runTool("docker", ["tag", official, own], options);
  const untagged = await runTool("docker", ["image", "rm", official], options);
  // Another run may have done this at the same time.
  if (untagged.code !== 0 && (await look(official)) !== undefined) {
    logLine(
      `The image ${official} was built here by a former version of pi-speedup, and its name could not be given back (${lastLine(untagged.stderr)}). Remove it with \`docker image rm ${official}\`.`,
    );
  }
  return undefined;
}

/** The previous release did not label the image with the pause program. */
function isBuiltHere({ recipe, entrypoint, digests }: Present): boolean {
  return recipe !== "" || (entrypoint === '["/pause"]' && digests.length === 0);
}
