// Finds out on which machine Docker runs, because the ports that it publishes are there.
import { lookup } from "node:dns/promises";
import { hostname, networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import { runTool } from "./run-tool.ts";

/** Where the docker command finds its daemon. */
export interface DockerEndpoint {
  /** For example `unix:///var/run/docker.sock`; empty if Docker does not say. */
  address: string;
  /**
   * "elsewhere": another machine, according to its address. "unsure": it looks local, but may lead to another machine.
   */
  place: "here" | "elsewhere" | "unsure";
}

/** Seconds. The context is read from a file, and the home folder may be on a file server. */
const patience = { daemon: 30, context: 30 };

/** Where the docker command finds its daemon: from DOCKER_HOST, from DOCKER_CONTEXT, or from the selected context. */
export async function dockerEndpoint(): Promise<DockerEndpoint> {
  const { address, host, elsewhere } = await dockerAddress();
  if (elsewhere) return { address, place: "elsewhere" };
  const daemon = await runTool("docker", ["info", "--format", "{{.Name}}"], { seconds: patience.daemon });
  const name = daemon.code === 0 ? daemon.stdout.trim() : "";
  // A local socket, and a daemon that reports the same host name. Docker Desktop's virtual machine has another name,
  // and so does the machine behind a forwarded socket, or behind one that was mounted into a container.
  const isAlike = name === "" || name.toLowerCase() === hostname().toLowerCase();
  return { address, place: host === undefined && isAlike ? "here" : "unsure" };
}

/** Reads the address without asking the daemon. `host`: undefined for a socket or a pipe. */
async function dockerAddress(): Promise<{ address: string; host: string | undefined; elsewhere: boolean }> {
  const address = await endpointAddress();
  const host = hostOf(address);
  return { address, host, elsewhere: host !== undefined && !(await isThisMachine(host)) };
}

/** Docker also takes the variables into account. Older versions have no contexts. */
async function endpointAddress(): Promise<string> {
  const args = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
  const { code, stdout } = await runTool("docker", args, { seconds: patience.context });
  const [told = ""] = code === 0 ? stdout.trim().split("\n") : [];
  return process.env.DOCKER_HOST || told;
}

const remote = /^(tcp|http|https|ssh):\/\//;

/** The host in an address; undefined for a socket or a pipe. */
export function hostOf(address: string): string | undefined {
  if (!remote.test(address)) return undefined;
  const url = v.safeParse(v.pipe(v.string(), v.url()), address);
  if (!url.success) return address.replace(remote, "");
  // An IPv6 address has brackets there.
  return new URL(address).hostname.replace(/^\[(.*)\]$/, "$1");
}

/**
 * Whether one of a host's addresses is this machine's. A name that can't be resolved here, such as an ssh alias,
 * belongs to another machine.
 */
async function isThisMachine(host: string): Promise<boolean> {
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []));
  // If no name server answers, a lookup takes much longer.
  const late = sleep(5_000, [], { ref: false });
  const found = await Promise.race([lookup(host, { all: true }).catch(() => []), late]);
  return found.some(({ address }) => own.has(address) || isLoopback(address));
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** @throws Failure if Docker's address is on another machine, so that the ports it publishes are not here. */
export async function refuseRemoteDocker(): Promise<void> {
  const { address, elsewhere } = await dockerAddress();
  if (!elsewhere) return;
  throw new Failure(
    "docker-elsewhere",
    `Docker runs on another machine (${address}), but the embedded cluster needs a port on this one. Use this machine's Docker (unset DOCKER_HOST, and run \`docker context use default\`), or run this on that machine. To use a cluster that exists there, set pi-speedup:cluster to kubeconfig. Then run \`pulumi up\` again.`,
  );
}
