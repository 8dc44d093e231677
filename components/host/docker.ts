// Images of this machine's Docker.
import { imageDigest } from "../../analysis/image-digest.ts";
import { Failure } from "../failure.js";
import { logLine } from "../program/log-line.ts";
import { lastLine, runTool } from "./run-tool.ts";

/** Seconds: a daemon that hangs takes a question and gives no answer. An image may be of gigabytes, on a slow line. */
export const dockerPatience = { answer: 60, change: 300, pull: 3600 };
const inTime = { seconds: dockerPatience.answer };

/** What is said where Docker does not answer. @param words Docker's own */
export function dockerSilent(words: string): string {
  return `Docker does not answer on this machine (${words}): start it (on Linux: \`sudo systemctl start docker\`) and run \`pulumi up\` again.`;
}

/** @throws Failure when Docker does not answer. */
export async function checkDocker(): Promise<void> {
  const server = await runTool("docker", ["version", "--format", "{{.Server.Version}}"], inTime);
  if (server.code !== 0) throw new Failure(dockerSilent(lastLine(server.stderr)));
}

/**
 * Makes sure that `image` is on this machine; pulls it when it is not.
 * @throws Failure when Docker does not answer or the image cannot be had.
 */
export async function ensureImage(image: string): Promise<void> {
  await checkDocker();
  const local = await runTool("docker", ["image", "inspect", "--format", "{{.Id}}", image], inTime);
  if (local.code === 0) return;
  logLine(`Pulling image ${image}`);
  const pulled = await runTool("docker", ["pull", "--quiet", image], { seconds: dockerPatience.pull });
  if (pulled.code !== 0) {
    throw new Failure(
      `Config key pi-speedup:image: «${image}» is not on this machine and could not be pulled (${lastLine(pulled.stderr)}): check its name and tag, or the network, and run \`pulumi up\` again.`,
    );
  }
}

/** What an image's name stands for now; null where Docker does not tell. */
export async function digestOf(image: string): Promise<string | null> {
  const format = "{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}";
  const { code, stdout } = await runTool("docker", ["image", "inspect", "--format", format, image], inTime);
  return code === 0 ? imageDigest(stdout.trim()) : null;
}

/** Since then `docker save` takes a platform. */
const platformsSince = { major: 1, minor: 48 };

/**
 * The platform to name when an image is saved, as `linux/arm64/v8`; undefined where Docker knows no such thing. An image store
 * that is containerd's keeps a list of all platforms for which there is such an image, and the content for one, or some: what
 * is saved without a platform is that list, and can't be loaded.
 */
export async function savedPlatform(image: string): Promise<string | undefined> {
  const format = "{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}";
  const [version, found] = await Promise.all([
    // What both speak, the command and the daemon.
    runTool("docker", ["version", "--format", "{{.Client.APIVersion}}"], inTime),
    runTool("docker", ["image", "inspect", "--format", format, image], inTime),
  ]);
  const [, major, minor] = /^(\d{1,3})\.(\d{1,4})$/.exec(version.stdout.trim()) ?? [];
  const knows =
    Number(major) > platformsSince.major ||
    (Number(major) === platformsSince.major && Number(minor) >= platformsSince.minor);
  const platform = found.stdout.trim();
  return knows && found.code === 0 && /^[a-z0-9]+(\/[a-z0-9._-]+){1,2}$/.test(platform) ? platform : undefined;
}
