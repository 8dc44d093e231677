// Which workers are one computer, and what that computer can do at most. Nodes of a cluster in containers share one.
import { isMeasured, type NodeRecord, type Run, type SingleMachine } from "./records.ts";

/** Whether two records are known to come from one computer. */
export const sameHost = (a: Run, b: Run) =>
  a === b || (a.machine.bootId !== null && a.machine.bootId === b.machine.bootId);

/** Workers by the computer that they run on; one whose computer is not known is on one of its own. */
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

/** A host's cores: a container sees them all, unless it is confined. */
export const coresOf = (guests: readonly Run[]) => Math.max(...guests.map(({ cores }) => cores));
/** How many processes compute on a host at once. */
export const processesOf = (guests: readonly Run[]) => guests.reduce((sum, { processes }) => sum + processes, 0);
/** Whether processes compete for a host's cores. */
export const isOversubscribed = (guests: readonly Run[]) => processesOf(guests) > coresOf(guests);

/**
 * Σ over hosts of min(workers there, cores/processes), ratio: the throughput speed-up that the hosts' cores allow. Null where
 * the single machine is none of these hosts, whose cores may be of another speed. A host that is not known is one of its own.
 * Beside a single machine whose processes have only a share of a core each, it is larger by as much.
 */
export function throughputSpeedupBound(nodes: readonly NodeRecord[], baseline: SingleMachine): number | null {
  const hosts = hostsOf(nodes);
  if (!isMeasured(baseline)) return null;
  if (!hosts.some(([guest]) => guest !== undefined && sameHost(guest, baseline))) return null;
  const atOnce = hosts.map((guests) => Math.min(1, coresOf(guests) / processesOf(guests)) * guests.length);
  return atOnce.reduce((sum, each) => sum + each, 0) / Math.min(1, baseline.cores / baseline.processes);
}
