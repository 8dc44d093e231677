// The container images of the embedded cluster: pulled from a registry if possible, otherwise built from Debian
// packages and Go modules.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "../../analysis/failure.js";
import {
  chosenTools,
  findImage,
  pullImage,
  readDigests,
  recipeLabel,
} from "../../components/cluster/embedded/cluster-images.ts";
import { nodeImage, ownImages, toolsImage } from "../../components/cluster/embedded/node-image.ts";
import { inspectImage } from "../../components/host/docker.ts";
import { logLine } from "../../components/program/log-line.ts";
import { cached } from "../cache.ts";
import { installDebianPackages } from "../debian.ts";
import { environmentFor } from "../environment.js";
import { unmountIn } from "../mounts.ts";
import { step } from "../progress.ts";
import { answerSeconds, run } from "../run.ts";
import { versions } from "../versions.ts";
import { recordPackages } from "./debian-packages.ts";
import { buildPrograms, offlineFolder, sourcesIn } from "./programs.ts";

/** How one of our images is built. */
interface Recipe {
  /** A name of our own, because others on this machine may use the official one. */
  tag: string;
  /** The official image that it replaces; nothing if it has already been tried. */
  insteadOf?: string;
  /** Everything that determines the result. */
  ingredients: readonly string[];
  /** Dockerfile instructions for running it. */
  settings: readonly string[];
  /** Creates the image's files, as `root.tar`, in the folder. */
  build: (folder: string) => Promise<void>;
}

/** The local image with a tag: `recipe` is the label of images built here. */
export type Present = { recipe: string | undefined } | undefined;

/** Whether an existing image can be used: any foreign one, but one of ours only if it has the current recipe. */
export function isGood(present: Present, recipe: string): boolean {
  return present !== undefined && (present.recipe === undefined || present.recipe === recipe);
}

const nodeFolder = join(offlineFolder, "kubernetes");
const pythonTag = "pi-speedup/python:3.11-debian12";

/** Names by which the node image's single program is called. */
const nodePrograms = "k3s etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl".split(" ");
const nodePackages = "containerd,runc,containernetworking-plugins,iptables,ca-certificates";
/** Files that no container needs: documentation, package management, unused programs of the packages. */
const leftOut = [
  "./dev/*",
  "./proc/*",
  "./sys/*",
  "./tmp/*",
  "./var/cache/*",
  "./var/log/*",
  "./var/lib/apt/*",
  "./var/lib/dpkg/*",
  "./usr/bin/apt*",
  "./usr/bin/dpkg*",
  "./usr/bin/perl*",
  "./usr/lib/apt/*",
  "./usr/lib/*/gconv/*",
  "./usr/lib/*/libapt-*",
  "./usr/lib/*/perl-base/*",
  "./usr/share/doc/*",
  "./usr/share/i18n/*",
  "./usr/share/info/*",
  "./usr/share/locale/*",
  "./usr/share/man/*",
  "./usr/share/perl*",
  "./usr/share/zoneinfo/*",
  "./usr/bin/containerd-shim",
  "./usr/bin/containerd-shim-runc-v1",
  "./usr/bin/containerd-stress",
];

/**
 * Makes sure that Docker has an image for the cluster's nodes, and one for k3d's tools. If K3s' own can't be pulled, it
 * builds upstream Kubernetes with a launcher that k3d accepts as K3s.
 */
export async function ensureNodeImage(): Promise<void> {
  const files = ["../go.mod", "../go.sum", ...(await sourcesIn(nodeFolder))];
  const sources = await Promise.all(files.map((name) => readFile(join(nodeFolder, name), "utf8")));
  const node: Recipe = {
    tag: ownImages.node,
    insteadOf: nodeImage,
    ingredients: [versions.debian, nodePackages, ...leftOut, ...sources],
    settings: [
      'ENTRYPOINT ["/bin/k3s"]',
      'CMD ["agent"]',
      // k3d and its entry script call kubectl and ctr without arguments.
      "ENV KUBECONFIG=/etc/rancher/k3s/k3s.yaml CONTAINERD_NAMESPACE=k8s.io",
      "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      // An overlay can't be on the container's own overlay.
      "VOLUME /var/lib/containerd",
    ],
    build: async (folder) => {
      const [{ kubernetes }, root] = await Promise.all([
        buildPrograms("kubernetes", "pause"),
        unpackDebian(folder, nodePackages),
      ]);
      await makeNode(root, kubernetes, await pauseImage());
      await packRoot(folder, root);
    },
  };
  const [tools] = await Promise.all([findToolsImage(), ensure(node)]);
  // Both images contain the same program, so they are made one after the other.
  if (!tools) await makeToolsImage();
}

/** Turns an unpacked Debian into a node of the cluster. @param pause the pause image, as a file. */
async function makeNode(root: string, kubernetes: string, pause: string): Promise<void> {
  await copyFile(kubernetes, join(root, "usr/local/bin/kubernetes"));
  await chmod(join(root, "usr/local/bin/kubernetes"), 0o755);
  for (const name of nodePrograms) await symlink("kubernetes", join(root, "usr/local/bin", name));
  await symlink("/usr/local/bin/kubernetes", join(root, "bin/k3s"));
  // k3d's entry script needs a shell that supports `trap … SIGTERM`, unlike Debian's default one.
  await rm(join(root, "bin/sh"));
  await symlink("bash", join(root, "bin/sh"));
  await mkdir(join(root, "usr/share/node-images"));
  await copyFile(pause, join(root, "usr/share/node-images/pause.tar"));
  for (const name of await readdir(join(root, "usr/lib/cni"))) {
    if (!["ptp", "host-local", "loopback"].includes(name)) await rm(join(root, "usr/lib/cni", name));
  }
}

/**
 * Returns the name of an image with Python: `wanted` if Docker has it or can pull it, otherwise one of ours with
 * Debian's Python 3.11, whose name says so. Once ours exists, it is used without asking a registry again.
 */
export async function ensurePythonImage(wanted: string): Promise<string> {
  const own: Recipe = {
    tag: pythonTag,
    ingredients: [versions.debian, ...leftOut],
    settings: ['CMD ["python3"]', "ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8", "USER 65534:65534"],
    build: async (folder) => packRoot(folder, await unpackDebian(folder, "python3")),
  };
  const [official, ours] = await Promise.all([lookUp(wanted), lookUp(pythonTag)]);
  if (official !== undefined) return wanted;
  if (isGood(ours, hashOf(own))) return pythonTag;
  if ((await pull(wanted)) === undefined) return wanted;
  await ensure(own);
  return pythonTag;
}

/**
 * Makes sure that Docker has one of our images with Debian and these packages (comma-separated).
 * @param settings Dockerfile instructions for running it.
 */
export async function ensureDebianImage(tag: string, packages: string, settings: readonly string[]): Promise<void> {
  await ensure({
    tag,
    ingredients: [versions.debian, packages, ...leftOut],
    settings,
    build: async (folder) => packRoot(folder, await unpackDebian(folder, packages)),
  });
}

/** Whether Docker has an image for k3d's tools, or the user has chosen one. */
async function findToolsImage(): Promise<boolean> {
  return chosenTools() !== undefined || (await findImage(toolsImage, ownImages.pause, readDigests())) !== undefined;
}

/** k3d starts a container of its tools image to inspect its environment. Any image whose program waits is enough. */
async function makeToolsImage(): Promise<void> {
  if ((await pull(toolsImage)) === undefined) return;
  await run("docker", ["load"], { inputFile: await pauseImage() });
}

/**
 * Gets one image: an existing official one, otherwise ours, otherwise the official one from a registry, otherwise ours,
 * built now.
 */
async function ensure(recipe: Recipe): Promise<void> {
  const { tag, insteadOf, ingredients, settings, build } = recipe;
  const hash = hashOf(recipe);
  const [found, present] = await Promise.all([
    insteadOf === undefined ? undefined : findImage(insteadOf, tag, readDigests()),
    lookUp(tag),
  ]);
  if (found !== undefined && found.reference !== tag) return;
  if (isGood(present, hash)) return;
  const refused = insteadOf === undefined ? "it is built here only" : await pull(insteadOf);
  if (refused === undefined) return;
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new Failure(
      "image-unbuildable",
      `Image "${insteadOf ?? tag}" is not on this machine and could not be pulled (${refused}). It can be built from packages instead, but only by root on Debian or Ubuntu. Make the registry reachable, or run this as root there.`,
    );
  }
  const name = tag.replace(/[^a-z0-9.]+/gi, "-");
  const folder = await cached(`image-${name}`, ingredients, (target) => {
    const why = insteadOf === undefined ? "" : `The image ${insteadOf} cannot be pulled (${refused}). `;
    logLine(`${why}Building the image ${tag}.`);
    return build(target);
  });
  const changes = [...settings, `LABEL ${recipeLabel}=${hash}`].flatMap((each) => ["--change", each]);
  await step(`Giving the image ${tag} to Docker`, () =>
    run("docker", ["import", ...changes, join(folder, "root.tar"), tag]),
  );
}

function hashOf({ ingredients, settings }: Recipe): string {
  const text = [...ingredients, ...settings].join("\0");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

async function lookUp(tag: string): Promise<Present> {
  const format = `{{index .Config.Labels "${recipeLabel}"}}`;
  const told = await inspectImage(tag, format);
  return told === undefined ? undefined : { recipe: told.trim() || undefined };
}

/** Returns why the image could not be pulled, undefined on success. */
async function pull(tag: string): Promise<string | undefined> {
  return step(`Getting the image ${tag}`, async (onLine) => {
    const why = await pullImage(tag, readDigests(), onLine);
    if (why !== undefined) logLine(`  no: ${why}`);
    return why;
  });
}

/** The image that keeps a pod's namespaces open, as a file for a node to import. */
async function pauseImage(): Promise<string> {
  const { pause } = await buildPrograms("pause");
  const source = await readFile(join(offlineFolder, "pause", "main.go"), "utf8");
  const made = await cached("image-pause", [ownImages.pause, source], async (folder) => {
    const layer = join(folder, "layer.tar");
    await run("tar", ["-C", dirname(pause), "-cf", layer, "pause"], { env: environmentFor("system") });
    await run("docker", ["import", "--change", 'ENTRYPOINT ["/pause"]', "-", ownImages.pause], { inputFile: layer });
    await run("docker", ["save", ownImages.pause], { outputFile: join(folder, "pause.tar") });
    await rm(layer);
  });
  return join(made, "pause.tar");
}

/** Unpacks Debian with these packages (comma-separated) and returns its root. */
async function unpackDebian(folder: string, packages: string): Promise<string> {
  await ensureDebootstrap();
  const root = join(folder, "root");
  await step(`Unpacking Debian ${versions.debian} with ${packages}`, (onLine) =>
    run("debootstrap", [...debootstrapArguments(packages), root], { onLine, env: environmentFor("debootstrap") }),
  );
  await recordPackages(root, folder);
  return root;
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Arguments of debootstrap except for the folder. Without the keyring, it would check no signature and only print one
 * line. With this option, it fails instead.
 */
export function debootstrapArguments(packages: string): string[] {
  return ["--variant=minbase", `--keyring=${keyring}`, "--force-check-gpg", `--include=${packages}`, versions.debian];
}

let debootstrap: Promise<void> | undefined;

/** Two images may be built at the same time. */
function ensureDebootstrap(): Promise<void> {
  debootstrap ??= missingForDebian().then(async (missing) => {
    if (missing.length > 0) await installDebianPackages(missing);
  });
  return debootstrap;
}

/** Missing packages that unpack Debian and check its signatures. */
async function missingForDebian(): Promise<string[]> {
  const has = async (command: string) =>
    (await run(command, ["--version"], { allowFailure: true, seconds: answerSeconds })).code !== 127;
  const [debootstrap, gpgv] = await Promise.all([has("debootstrap"), has("gpgv")]);
  return [
    ...(debootstrap ? [] : ["debootstrap"]),
    ...(gpgv ? [] : ["gpgv"]),
    ...(existsSync(keyring) ? [] : ["debian-archive-keyring"]),
  ];
}

/** Packs a root as `root.tar`, without files that no container needs, and deletes it. */
async function packRoot(folder: string, root: string): Promise<void> {
  const without = leftOut.map((each) => `--exclude=${each}`);
  await run("tar", ["-C", root, "--numeric-owner", ...without, "-cf", join(folder, "root.tar"), "."], {
    env: environmentFor("system"),
  });
  await unmountIn(root);
  await rm(root, { recursive: true });
}

/** Names of this machine's images for the cluster, official ones and ours, and of those built for the pods. */
export async function imagesLeft(): Promise<string[]> {
  const official = [nodeImage, toolsImage].map((image) => image.replace(/:[^/:]*$/, ""));
  const filters = [...official, "pi-speedup/*"].map((reference) => `--filter=reference=${reference}`);
  const format = '{{.Repository}}{{if eq .Tag "<none>"}}@{{.Digest}}{{else}}:{{.Tag}}{{end}}';
  const { code, stdout } = await run("docker", ["image", "ls", "--digests", ...filters, "--format", format], {
    allowFailure: true,
    seconds: answerSeconds,
  });
  return code === 0 ? [...new Set(stdout.split("\n").filter(Boolean))].sort() : [];
}
