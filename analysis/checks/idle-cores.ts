// Which part of each machine was used, and what the rest could do (Hoefler & Belli 2015, rule 2).
import { decimal, seconds } from "../format.ts";
import { coresOf, hostsOf, processesOf } from "../hosts.ts";
import { isMeasured, type NodeRecord } from "../records.ts";
import { type Check, type Examined, explain } from "./finding.ts";

/** Explains which cores were idle, and what those of the single machine could do. */
export const idleCores: Check = (run) => {
  const { nodes, baseline } = run;
  const isIdle = isMeasured(baseline) && Math.floor(baseline.cores) > baseline.processes;
  const single = isIdle
    ? `The single machine used ${baseline.processes} of its ${decimal(baseline.cores)} cores. `
    : "";
  const workers = usedByWorkers(nodes);
  if (!isIdle && workers === undefined) return [];
  const faster = isIdle ? wholeMachine(run, Math.floor(baseline.cores / baseline.processes)) : "";
  return [explain("idle cores", `${single}${workers ?? ""}\`processes: cores\` compares whole machines.${faster}`)];
};

/** A sentence on the cores that the workers left idle; undefined if all cores of all hosts were busy. */
function usedByWorkers(nodes: readonly NodeRecord[]): string | undefined {
  const hosts = hostsOf(nodes);
  const idle = hosts.filter((guests) => Math.floor(coresOf(guests)) > processesOf(guests));
  const [use, ...others] = new Set(idle.map((guests) => `${processesOf(guests)} of ${decimal(coresOf(guests))}`));
  if (use === undefined) return undefined;
  if (idle.length < hosts.length || others.length > 0) return "Some workers did not use all of their cores. ";
  return `${hosts.length === nodes.length ? "Each worker" : "Each of the workers' hosts"} used ${use} cores. `;
}

/** Reports if the single machine, with a process on every core, would certainly be faster than the workers. */
function wholeMachine({ timed, metrics }: Examined, atOnce: number): string {
  const { speedupInterval } = timed;
  if (speedupInterval === null || speedupInterval[1] >= atOnce || atOnce === 1) return "";
  const alone = (timed.tSingle * timed.workers) / atOnce;
  return ` With all its cores, the single machine would be faster than the workers. It would take ${seconds(alone)} for the same samples instead of ${seconds(metrics.tSlowest)}, if all its cores are equally fast.`;
}
