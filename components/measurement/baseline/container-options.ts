// Docker options for the single machine's rounds: the same restrictions as for the pods' container, so that both are
// measured under the same guards.
import { availableParallelism } from "node:os";
import { whereabouts } from "../../host/whereabouts.ts";
import { dockerLabels } from "../../ownership.ts";

/** As restricted as the pod's container: no network, no privileges and no way to gain any, no writable file system. */
const bare = [
  "--network=none",
  "--read-only",
  "--cap-drop=ALL",
  "--user=65534:65534",
  // Like `allowPrivilegeEscalation: false` of the pods. Docker's default system call filter corresponds to the pods'
  // `RuntimeDefault`.
  "--security-opt=no-new-privileges",
];

/**
 * Limits for a program that is out of control. The pods have none, because a limit may throttle what is measured. So
 * these are far above what pi.py can use: a Python process takes about 10 MiB.
 */
function bounds(work: readonly string[]): string[] {
  const asked = Number(work.find((each) => each.startsWith("--processes="))?.slice("--processes=".length));
  // "cores": those of this machine, or of the machine that Docker runs on.
  const processes = Number.isSafeInteger(asked) ? asked : availableParallelism();
  return [`--pids-limit=${4096 + 2 * processes}`, `--memory=${2048 + 32 * processes}m`];
}

/**
 * Options of `docker run`.
 * @param work arguments of pi.py.
 */
export function containerOptions(name: string, stack: string, work: readonly string[]): string[] {
  const labels = dockerLabels({ stack, ...whereabouts() }).map((label) => `--label=${label}`);
  return ["--name", name, "--rm", "--interactive", ...bare, ...bounds(work), "--pull=never", ...labels];
}
