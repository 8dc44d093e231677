// Whether the ports that Docker publishes are this machine's: tried with a container, before a cluster is made for minutes.
import { randomBytes } from "node:crypto";
import { Agent, get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../failure.js";
import { dockerPatience } from "../../host/docker.ts";
import { refuseRemoteDocker } from "../../host/docker-endpoint.ts";
import { runTool } from "../../host/run-tool.ts";
import { k3dLabels, portsContainer } from "./names.ts";

/** Milliseconds that a container's program may take until it answers. */
export const patience = { answer: 15_000 };

/** In the container. */
const port = 8001;

/** What the container is made of. */
export interface PortsTrial {
  /** Of a cluster's node: it has kubectl, which can serve a file. */
  image: string;
  /** The cluster's name. */
  cluster: string;
  /** As `name=value`, by which a killed run's container is found and removed. */
  labels: readonly string[];
}

/**
 * Tries whether what Docker publishes on 127.0.0.1 is on this machine's, unless that is plain.
 * @throws Failure where it is not.
 */
export async function checkPublishedPorts(trial: PortsTrial): Promise<void> {
  const { address, place } = await refuseRemoteDocker();
  if (place === "here") return;
  const secret = randomBytes(8).toString("hex");
  const name = portsContainer(trial.cluster);
  const labels = [...trial.labels, ...k3dLabels(trial.cluster)].flatMap((label) => ["--label", label]);
  const container = [
    ...["run", "--detach", "--rm", "--name", name, ...labels, "--hostname", secret],
    ...["--publish", `127.0.0.1::${port}`, "--entrypoint", "kubectl", trial.image],
    ...["proxy", "--address=0.0.0.0", `--port=${port}`, "--accept-hosts=.*", "--www=/etc", "--www-prefix=/etc/"],
  ];
  const made = await runTool("docker", container, { seconds: dockerPatience.change });
  try {
    // What can't be tried is left to the creation of the cluster, which will tell.
    if (made.code !== 0) return;
    const published = await publishedPort(name);
    const end = performance.now() + patience.answer;
    let inside = false;
    while (published !== undefined && !(inside && performance.now() > end)) {
      if ((await ask(published)) === secret) return;
      inside ||= await answersInside(name, secret);
      if (!inside && performance.now() > end) return;
      // From within it answers, so what comes from here has gone elsewhere, or is a moment late.
      await sleep(500);
    }
  } finally {
    await runTool("docker", ["rm", "--force", "--volumes", name], { seconds: dockerPatience.change });
  }
  throw new Failure(
    `The ports that Docker publishes can't be reached from here: a container answers on ${port}, and nothing of it comes from 127.0.0.1 here (Docker at "${address}"). As a rule this runs in a container, such as a dev container or a CI job, with the Docker of the machine around it, or with one behind a tunnel. Run it on Docker's own machine, or in a container that has that machine's network (\`--network=host\`), or set pi-speedup:cluster to kubeconfig. Then run \`pulumi up\` again.`,
  );
}

async function publishedPort(name: string): Promise<string | undefined> {
  const { stdout } = await runTool("docker", ["port", name, `${port}/tcp`], { seconds: dockerPatience.answer });
  return /^127\.0\.0\.1:(\d{1,5})$/m.exec(stdout)?.[1];
}

/** What is at that port of this machine, which may be anybody's. Never by way of a proxy, so with an agent of its own. */
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
