// The workers' rounds as series of times, for the checks that compare them with each other.
import { hostsOf, isOversubscribed } from "../hosts.ts";
import { stretches } from "../trend.ts";
import { isNonEmpty, type Values } from "../values.ts";
import type { Examined } from "./finding.ts";

/** A worker's rounds in order, in seconds; shortened where there are very many. */
export interface Series {
  name: string;
  values: Values;
}

/**
 * The series of every worker. Where processes compete for cores, rounds outside the common window ran on an emptier machine and
 * are left out; elsewhere every round shows how fast the machine is.
 */
export function seriesOf({ nodes, timed }: Pick<Examined, "nodes" | "timed">): Series[] {
  const crowded = new Set(hostsOf(nodes).filter(isOversubscribed).flat());
  return nodes.flatMap((node, i): Series[] => {
    const rounds = crowded.has(node) ? (timed.window.counted[i] ?? node.rounds) : node.rounds;
    const times = rounds.map(({ seconds }) => seconds);
    return isNonEmpty(times) ? [{ name: node.node, values: stretches(times) }] : [];
  });
}
