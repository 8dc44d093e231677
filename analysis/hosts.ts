// Which workers share a computer, and the largest speed-up that its cores allow. The nodes of a cluster in containers
// share one.
import { isMeasured, type NodeRecord, type Run, type SingleMachine } from "./records.ts";

/** Whether two records certainly come from the same computer. */
export const sameHost = (a: Run, b: Run) =>
  a === b || (a.machine.bootId !== null && a.machine.bootId === b.machine.bootId);

/** Workers by the computer that they run on. A worker whose computer is unknown gets its own. */
export function hostsOf(nodes: readonly NodeRecord[]): NodeRecord[][] {
  const hosts: NodeRecord[][] = [];
  const known = new Map<string, NodeRecord[]>();
  for (const node of nodes) {
    const { bootId } = node.machine;
    const host = bootId === null ? undefined : known.get(bootId);
    if (host !== undefined) host.push(node);
    else {
      const guests = [node];
      hosts.push(guests);
      if (bootId !== null) known.set(bootId, guests);
    }
  }
  return hosts;
}

/** The cores of a host. A container sees all of them, unless it is restricted. */
export const coresOf = (guests: readonly Run[]) => Math.max(...guests.map(({ cores }) => cores));
/** How many processes compute on a host at the same time. */
export const processesOf = (guests: readonly Run[]) => guests.reduce((sum, { processes }) => sum + processes, 0);
/** Whether processes compete for a host's cores. */
export const isOversubscribed = (guests: readonly Run[]) => processesOf(guests) > coresOf(guests);

/**
 * Σ over hosts of min(workers there, cores/processes), ratio: the largest throughput speed-up that the hosts' cores
 * allow. Null if the single machine is none of these hosts, because its cores may differ in speed. An unknown host
 * counts as a host of its own. If the single machine's processes also have to share cores, the bound is divided by
 * their share.
 */
export function throughputSpeedupBound(nodes: readonly NodeRecord[], baseline: SingleMachine): number | null {
  const hosts = hostsOf(nodes);
  if (!isMeasured(baseline)) return null;
  if (!hosts.some(([guest]) => guest !== undefined && sameHost(guest, baseline))) return null;
  const atOnce = hosts.map((guests) => Math.min(1, coresOf(guests) / processesOf(guests)) * guests.length);
  return atOnce.reduce((sum, each) => sum + each, 0) / Math.min(1, baseline.cores / baseline.processes);
}
