// Images in this machine's Docker.
import { imageDigest } from "../../analysis/image-digest.ts";
import { Failure } from "../failure.js";
import { logLine } from "../program/log-line.ts";
import { lastLine, runTool } from "./run-tool.ts";

/** The message if Docker does not answer. @param words Docker's own message */
export function dockerSilent(words: string): string {
  return `Docker does not answer on this machine (${words}): start it (on Linux: \`sudo systemctl start docker\`) and run \`pulumi up\` again.`;
}

/** @throws Failure if Docker does not answer. */
export async function checkDocker(): Promise<void> {
  const server = await runTool("docker", ["version", "--format", "{{.Server.Version}}"]);
  if (server.code !== 0) throw new Failure(dockerSilent(lastLine(server.stderr)));
}

/**
 * Makes sure that `image` is on this machine, and pulls it if not.
 * @throws Failure if Docker does not answer or the image is unavailable.
 */
export async function ensureImage(image: string): Promise<void> {
  await checkDocker();
  const local = await runTool("docker", ["image", "inspect", "--format", "{{.Id}}", image]);
  if (local.code === 0) return;
  logLine(`Pulling image ${image}`);
  const pulled = await runTool("docker", ["pull", "--quiet", image]);
  if (pulled.code !== 0) {
    throw new Failure(
      `Config key pi-speedup:image: «${image}» is not on this machine and could not be pulled (${lastLine(pulled.stderr)}): check its name and tag, or the network, and run \`pulumi up\` again.`,
    );
  }
}

/** The current digest of an image; null if Docker does not say. */
export async function digestOf(image: string): Promise<string | null> {
  const format = "{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}";
  const { code, stdout } = await runTool("docker", ["image", "inspect", "--format", format, image]);
  return code === 0 ? imageDigest(stdout.trim()) : null;
}

/** The first version whose `docker save` accepts a platform. */
const platformsSince = { major: 1, minor: 48 };

/**
 * The platform to give when saving an image, such as `linux/arm64/v8`; undefined if Docker does not support this. A
 * containerd image store keeps the list of all platforms of an image, but the content of only some. Saving without a
 * platform saves that list, which can't be loaded.
 */
export async function savedPlatform(image: string): Promise<string | undefined> {
  const format = "{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}";
  const [version, found] = await Promise.all([
    // The API version that both the command and the daemon support.
    runTool("docker", ["version", "--format", "{{.Client.APIVersion}}"]),
    runTool("docker", ["image", "inspect", "--format", format, image]),
  ]);
  const [, major, minor] = /^(\d{1,3})\.(\d{1,4})$/.exec(version.stdout.trim()) ?? [];
  const knows =
    Number(major) > platformsSince.major ||
    (Number(major) === platformsSince.major && Number(minor) >= platformsSince.minor);
  const platform = found.stdout.trim();
  return knows && found.code === 0 && /^[a-z0-9]+(\/[a-z0-9._-]+){1,2}$/.test(platform) ? platform : undefined;
}
