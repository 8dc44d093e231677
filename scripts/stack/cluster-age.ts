// How long the certificates of an embedded cluster last.
import { withId } from "../../analysis/fault-ids.js";
import { run } from "../../toolchain/run.ts";

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
  const { code, stdout } = await run("docker", args, { allowFailure: true });
  const made = new Date(stdout.trim());
  const days = (now.getTime() - made.getTime()) / (24 * 3600 * 1000);
  return code === 0 && days > mostDays ? made : undefined;
}

/** What the user is told of it. */
export function oldClusterMessage(cluster: string, stack: string, made: Date): string {
  return withId(
    "certificates-ended",
    `Cluster "${cluster}" of stack "${stack}" was created on ${made.toISOString().slice(0, 10)}, and its certificates are valid for a year. You need not do anything: it is created and measured again.`,
  );
}
