// How Docker runs the single machine's rounds: with the rights of the pods' container, so that both are measured under the
// same guards.
import { availableParallelism } from "node:os";
import { whereabouts } from "../../host/whereabouts.ts";
import { dockerLabels } from "../../ownership.ts";

/** As bare as the pod's container: no network, no rights and none to gain, nothing to write on. */
const bare = [
  "--network=none",
  "--read-only",
  "--cap-drop=ALL",
  "--user=65534:65534",
  // As `allowPrivilegeEscalation: false` of the pods. Docker's own filter of system calls is the pods' `RuntimeDefault`.
  "--security-opt=no-new-privileges",
];

/**
 * Bounds for a program that has gone wrong. The pods have none, since a limit may throttle what is measured, so these are far
 * above what pi.py can use: a Python takes about 10 MiB, and there are as many as processes.
 */
function bounds(work: readonly string[]): string[] {
  const asked = Number(work.find((each) => each.startsWith("--processes="))?.slice("--processes=".length));
  // "cores": those of this machine, or of another one that Docker runs on.
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
