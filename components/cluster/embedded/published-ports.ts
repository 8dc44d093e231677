// Whether ports that Docker publishes are on this machine. A container tests this, before creating a cluster takes
// minutes.
import { randomBytes } from "node:crypto";
import { Agent, get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../analysis/failure.js";
import { dockerEndpoint } from "../../host/docker-endpoint.ts";
import { runTool } from "../../host/run-tool.ts";
import { k3dLabels, portsContainer } from "./names.ts";

/** Milliseconds that the container's program may take to answer. */
export const patience = { answer: 15_000 };

/** Time limit in seconds for each Docker command. A container is started, asked for its port, and removed. */
const seconds = 60;

/** In the container. */
const port = 8001;

/** The settings of the container. */
export interface PortsTrial {
  /** The image of a cluster's node, which has kubectl, which can serve a file. */
  image: string;
  /** The cluster's name. */
  cluster: string;
  /** As `name=value`, to find and remove the container of a killed run. */
  labels: readonly string[];
}

/**
 * Tests whether ports that Docker publishes on 127.0.0.1 are on this machine, unless this is obvious.
 * @throws Failure if they are not.
 */
export async function checkPublishedPorts(trial: PortsTrial): Promise<void> {
  const { address, place } = await dockerEndpoint();
  if (place === "here") return;
  const secret = randomBytes(8).toString("hex");
  const name = portsContainer(trial.cluster);
  const labels = [...trial.labels, ...k3dLabels(trial.cluster)].flatMap((label) => ["--label", label]);
  const made = await runTool(
    "docker",
    [
      ...["run", "--detach", "--rm", "--name", name, ...labels, "--hostname", secret],
      ...["--publish", `127.0.0.1::${port}`, "--entrypoint", "kubectl", trial.image],
      ...["proxy", "--address=0.0.0.0", `--port=${port}`, "--accept-hosts=.*", "--www=/etc", "--www-prefix=/etc/"],
    ],
    { seconds },
  );
  try {
    // If this can't be tested, creating the cluster will reveal it.
    if (made.code !== 0) return;
    const published = await publishedPort(name);
    const end = performance.now() + patience.answer;
    let inside = false;
    while (published !== undefined && !(inside && performance.now() > end)) {
      if ((await ask(published)) === secret) return;
      inside ||= await answersInside(name, secret);
      if (!inside && performance.now() > end) return;
      // It answers from inside. So requests from here went elsewhere, or came a moment too early.
      await sleep(500);
    }
  } finally {
    await runTool("docker", ["rm", "--force", "--volumes", name], { seconds });
  }
  throw new Failure(
    "docker-ports-elsewhere",
    `The ports that Docker publishes cannot be reached from here: a container listens on port ${port}, but 127.0.0.1 does not lead to it (Docker at "${address}"). Usually this means that you are in a container, such as a dev container or a CI job, that uses the Docker of its host. Run this on Docker's own machine, or in a container that shares its network (\`--network=host\`), or set pi-speedup:cluster to kubeconfig. Then run \`pulumi up\` again.`,
  );
}

async function publishedPort(name: string): Promise<string | undefined> {
  const { stdout } = await runTool("docker", ["port", name, `${port}/tcp`], { seconds });
  return /^127\.0\.0\.1:(\d{1,5})$/m.exec(stdout)?.[1];
}

/**
 * What answers on that port of this machine, which may be any program. Never through a proxy, so it uses its own agent.
 */
async function ask(published: string): Promise<string | undefined> {
  const agent = new Agent();
  const signal = AbortSignal.timeout(2_000);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(`http://127.0.0.1:${published}/etc/hostname`, { agent, signal }, resolve).once("error", reject);
    const answer = await promise;
    let text = "";
    for await (const chunk of answer) {
      text += chunk;
      if (text.length > 1_000) return undefined;
    }
    return text.trim();
  } catch {
    return undefined;
  } finally {
    agent.destroy();
  }
}

async function answersInside(name: string, secret: string): Promise<boolean> {
  const asked = ["get", "--server", `http://127.0.0.1:${port}`, "--raw", "/etc/hostname", "--request-timeout=2s"];
  const { code, stdout } = await runTool("docker", ["exec", name, "kubectl", ...asked], { seconds: 10 });
  return code === 0 && stdout.trim() === secret;
}
