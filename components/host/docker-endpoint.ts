// Which machine Docker runs on. What it publishes is on that one's ports.
import { lookup } from "node:dns/promises";
import { hostname, networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { Failure } from "../failure.js";
import { runTool } from "./run-tool.ts";

/** Where the docker command finds its daemon. */
export interface DockerEndpoint {
  /** As `unix:///var/run/docker.sock`; empty where Docker does not tell. */
  address: string;
  /** "elsewhere": another machine, by its address. "unsure": what looks like this one may lead to another. */
  place: "here" | "elsewhere" | "unsure";
}

/** Where the docker command finds its daemon: by DOCKER_HOST, by DOCKER_CONTEXT, or by the context that is chosen. */
export async function dockerEndpoint(): Promise<DockerEndpoint> {
  const address = await endpointAddress();
  const host = hostOf(address);
  if (host !== undefined && !(await isThisMachine(host))) return { address, place: "elsewhere" };
  const daemon = await runTool("docker", ["info", "--format", "{{.Name}}"], { seconds: 30 });
  const name = daemon.code === 0 ? daemon.stdout.trim() : "";
  // A socket of this machine, and a daemon that gives its host the same name. Docker Desktop's virtual machine has another
  // one, and so has the machine behind a socket that was forwarded, or given to a container.
  const isAlike = name === "" || name.toLowerCase() === hostname().toLowerCase();
  return { address, place: host === undefined && isAlike ? "here" : "unsure" };
}

/** Docker answers for the variables, too; older commands know no contexts. */
async function endpointAddress(): Promise<string> {
  const { code, stdout } = await runTool("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], {
    seconds: 30,
  });
  const [told = ""] = code === 0 ? stdout.trim().split("\n") : [];
  return process.env.DOCKER_HOST || told;
}

const remote = /^(tcp|http|https|ssh):\/\//;

/** The host in an address; undefined where it is a socket or a pipe. */
export function hostOf(address: string): string | undefined {
  if (!remote.test(address)) return undefined;
  const url = v.safeParse(v.pipe(v.string(), v.url()), address);
  if (!url.success) return address.replace(remote, "");
  // An IPv6 address is in brackets there.
  return new URL(address).hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Whether one of a host's addresses is this machine's. A name that leads nowhere here, as ssh has them, is another's. */
async function isThisMachine(host: string): Promise<boolean> {
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []));
  // Where no name server answers, a lookup takes much longer.
  const late = sleep(5_000, [], { ref: false });
  const found = await Promise.race([lookup(host, { all: true }).catch(() => []), late]);
  return found.some(({ address }) => own.has(address) || isLoopback(address));
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** @throws Failure where Docker is on another machine by its very address, so that what it publishes is not here. */
export async function refuseRemoteDocker(): Promise<DockerEndpoint> {
  const endpoint = await dockerEndpoint();
  if (endpoint.place !== "elsewhere") return endpoint;
  throw new Failure(
    `Docker runs on another machine (${endpoint.address}), and the embedded cluster is reached at a port of this one. Use this machine's Docker (unset DOCKER_HOST, and \`docker context use default\`), or run this on that machine, or set pi-speedup:cluster to kubeconfig for a cluster that is there. Then run \`pulumi up\` again.`,
  );
}
