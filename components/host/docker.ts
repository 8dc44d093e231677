// Images in this machine's Docker.

import { Failure } from "../../analysis/failure.js";
import type { Fault } from "../../analysis/fault-ids.js";
import { imageDigest } from "../../analysis/image-digest.ts";
import { logLine } from "../program/log-line.ts";
import { lastLine, runTool, type ToolResult } from "./run-tool.ts";

/** The message if Docker does not answer. @param words Docker's own message */
export function dockerSilent(words: string): Fault {
  return {
    id: "docker-down",
    text: `Docker does not answer on this machine (${words}). Start it (on Linux: \`sudo systemctl start docker\`) and run \`pulumi up\` again.`,
  };
}

function silence(words: string): Failure {
  const { id, text } = dockerSilent(words);
  return new Failure(id, text);
}

/**
 * Seconds. A daemon that hangs accepts a request but does not answer. `docker pull` prints nothing until it is done, so a
 * slow pull looks like one that hangs. Half an hour is enough for an image of a cluster, which has 80 MB, at 400 kbit/s.
 * Docker keeps the complete layers, so a second attempt continues from there.
 */
export const dockerPatience = { answer: 60, pull: 1800 };

/** @throws Failure if Docker does not answer. */
export async function checkDocker(): Promise<void> {
  const args = ["version", "--format", "{{.Server.Version}}"];
  const server = await runTool("docker", args, { seconds: dockerPatience.answer });
  if (server.code !== 0) throw silence(lastLine(server.stderr));
}

/**
 * Makes sure that `image` is on this machine, and pulls it if not.
 * @throws Failure if Docker does not answer or the image is unavailable.
 */
export async function ensureImage(image: string): Promise<void> {
  await checkDocker();
  if ((await inspectImage(image, "{{.Id}}")) !== undefined) return;
  logLine(`Pulling image ${image}`);
  const pulled = await pullQuietly(image);
  if (pulled.code !== 0) {
    throw new Failure(
      "image-missing",
      `Image "${image}" is not on this machine and could not be pulled (${lastLine(pulled.stderr)}). Check its name and tag in pi-speedup:image and the network, and run \`pulumi up\` again.`,
    );
  }
}

/**
 * What a template of Docker's says of an image; undefined if Docker does not have the image.
 * @throws Failure if Docker does not answer: that does not mean that the image is missing.
 */
export async function inspectImage(image: string, format: string): Promise<string | undefined> {
  const args = ["image", "inspect", "--format", format, image];
  const { code, stdout, stderr, timedOut } = await runTool("docker", args, { seconds: dockerPatience.answer });
  if (timedOut) throw silence(lastLine(stderr));
  return code === 0 ? stdout : undefined;
}

/** @param onLine receives each line that Docker prints. */
export function pullQuietly(image: string, onLine?: (line: string) => void): Promise<ToolResult> {
  const options = { seconds: dockerPatience.pull, ...(onLine !== undefined && { onLine }) };
  return runTool("docker", ["pull", "--quiet", image], options);
}

/**
 * The current digest of an image; null if Docker does not say.
 * @throws Failure if Docker does not answer.
 */
export async function digestOf(image: string): Promise<string | null> {
  const format = "{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}";
  const told = await inspectImage(image, format);
  return told === undefined ? null : imageDigest(told.trim());
}

/** The first version whose `docker save` accepts a platform. */
const platformsSince = { major: 1, minor: 48 };

/**
 * The platform to give when saving an image, such as `linux/arm64/v8`; undefined if Docker does not support this. A
 * containerd image store keeps the list of all platforms of an image, but the content of only some. Saving without a
 * platform saves that list, which can't be loaded.
 * @throws Failure if Docker does not answer.
 */
export async function savedPlatform(image: string): Promise<string | undefined> {
  const format = "{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}";
  const [version, found] = await Promise.all([
    // The API version that both the command and the daemon support.
    runTool("docker", ["version", "--format", "{{.Client.APIVersion}}"], { seconds: dockerPatience.answer }),
    inspectImage(image, format),
  ]);
  const [, major, minor] = /^(\d{1,3})\.(\d{1,4})$/.exec(version.stdout.trim()) ?? [];
  const knows =
    Number(major) > platformsSince.major ||
    (Number(major) === platformsSince.major && Number(minor) >= platformsSince.minor);
  const platform = found?.trim() ?? "";
  return knows && /^[a-z0-9]+(\/[a-z0-9._-]+){1,2}$/.test(platform) ? platform : undefined;
}
