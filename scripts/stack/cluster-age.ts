// How long the certificates of an embedded cluster last.
import { answerSeconds, run } from "../../toolchain/run.ts";

/**
 * Days after which a cluster is made again. K3s' certificates, and those of what is built in its place, last a year. A restart
 * renews the nodes' own, but not the administrator's, which the stack's state holds.
 */
const mostDays = 360;

/**
 * When a container was made, if that is so long ago that the cluster's certificates end; nothing otherwise, or where Docker
 * does not tell.
 * @param server id of the container of the cluster's server.
 */
export async function madeTooLongAgo(server: string, now = new Date()): Promise<Date | undefined> {
  const args = ["container", "inspect", "--format", "{{.Created}}", server];
  const { code, stdout } = await run("docker", args, { allowFailure: true, seconds: answerSeconds });
  const made = new Date(stdout.trim());
  const days = (now.getTime() - made.getTime()) / (24 * 3600 * 1000);
  return code === 0 && days > mostDays ? made : undefined;
}

/** What the user is told of it. */
export function oldClusterMessage(cluster: string, stack: string, made: Date): string {
  return `The cluster "${cluster}" of the stack "${stack}" was made on ${made.toISOString().slice(0, 10)}, and its certificates last a year. You need do nothing: it is made and measured again.`;
}
