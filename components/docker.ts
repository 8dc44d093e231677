// The docker and k3d command lines, as the programs behind the Commands use them: arguments as a list, never
// through a shell, and every failure in one sentence.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { Failure, say } from "./command.ts";

/** How a tool ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a tool to its end, whatever its exit code.
 * @throws Failure when the tool is not there.
 */
export async function attempt(tool: string, args: readonly string[], input = ""): Promise<Outcome> {
  const child = spawn(tool, args, { stdio: "pipe" });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", () =>
      reject(
        new Failure(`The program «${tool}» was not found on PATH: install it, or use \`npm run up\`, which brings it.`),
      ),
    );
    child.once("close", (code) => resolve(code ?? -1));
  });
  // A tool that ends before it has read its input says why by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** The last line that says something: tools put the cause there. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() ?? "";
}

/**
 * Makes sure that `image` is on this machine; pulls it when it is not.
 * @throws Failure when Docker does not answer or the image cannot be had.
 */
export async function ensureImage(image: string): Promise<void> {
  const server = await attempt("docker", ["version", "--format", "{{.Server.Version}}"]);
  if (server.code !== 0) {
    throw new Failure(
      `Docker does not answer on this machine (${lastLine(server.stderr)}): start it (on Linux: \`sudo systemctl start docker\`) and run \`pulumi up\` again.`,
    );
  }
  const local = await attempt("docker", ["image", "inspect", "--format", "{{.Id}}", image]);
  if (local.code === 0) return;
  say(`Pulling image ${image}`);
  const pulled = await attempt("docker", ["pull", "--quiet", image]);
  if (pulled.code !== 0) {
    throw new Failure(
      `Config key pi-speedup:image: «${image}» is not on this machine and could not be pulled (${lastLine(pulled.stderr)}): check its name and tag, or the network, and run \`pulumi up\` again.`,
    );
  }
}
