// The lifetime of an embedded cluster's certificates.
import { withId } from "../../analysis/fault-ids.js";
import { answerSeconds, run } from "../../toolchain/run.ts";

/**
 * Days after which a cluster is recreated. Certificates of K3s and of our substitute are valid for a year. A restart
 * renews those of the nodes, but not the administrator's, which is in the stack's state.
 */
const mostDays = 360;

/**
 * When a container was created, if its cluster's certificates are about to expire; otherwise, or if Docker does not
 * say, nothing.
 * @param server name or id of the container of the cluster's server.
 */
export async function madeTooLongAgo(server: string, now = new Date()): Promise<Date | undefined> {
  const args = ["container", "inspect", "--format", "{{.Created}}", server];
  const { code, stdout } = await run("docker", args, { allowFailure: true, seconds: answerSeconds });
  const made = new Date(stdout.trim());
  const days = (now.getTime() - made.getTime()) / (24 * 3600 * 1000);
  return code === 0 && days > mostDays ? made : undefined;
}

/** The message for the user. */
export function oldClusterMessage(cluster: string, stack: string, made: Date): string {
  return withId(
    "certificates-ended",
    `Cluster "${cluster}" of stack "${stack}" was created on ${made.toISOString().slice(0, 10)}, and its certificates are valid for a year. You need not do anything: it is created and measured again.`,
  );
}
