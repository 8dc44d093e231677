// The workers' rounds as time series, for checks that compare workers.
import { hostsOf, isOversubscribed } from "../hosts.ts";
import { stretches } from "../trend.ts";
import { isNonEmpty, type Values } from "../values.ts";
import type { Examined } from "./finding.ts";

/** A worker's rounds in order, in seconds; shortened if there are very many. */
export interface Series {
  name: string;
  values: Values;
}

/**
 * The series of all workers. If processes compete for cores, rounds outside the common window ran on an emptier
 * machine, so they are left out. Otherwise, every round shows how fast the machine is.
 */
export function seriesOf({ nodes, timed }: Pick<Examined, "nodes" | "timed">): Series[] {
  const crowded = new Set(hostsOf(nodes).filter(isOversubscribed).flat());
  return nodes.flatMap((node, i): Series[] => {
    const rounds = crowded.has(node) ? (timed.window.counted[i] ?? node.rounds) : node.rounds;
    const times = rounds.map(({ seconds }) => seconds);
    return isNonEmpty(times) ? [{ name: node.node, values: stretches(times) }] : [];
  });
}
