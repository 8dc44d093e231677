// Whether two workers threw the same points: then their samples count once, and the figures are worth nothing.
import type { NodeRecord } from "./records.ts";

/** Pairs that agree by chance are expected less often than this in a run, or agreement proves nothing. */
const negligible = 1e-6;

/**
 * Two workers with one stream: all their rounds counted the same. Undefined when there are none, or when so few samples
 * were thrown that chance alone may have done it.
 */
export function sharedStream(nodes: readonly NodeRecord[]): [NodeRecord, NodeRecord] | undefined {
  const seen = new Map<string, NodeRecord>();
  for (const node of nodes) {
    const counts = node.rounds.map(({ inside }) => inside).join();
    const other = seen.get(counts);
    if (other !== undefined && expectedByChance(nodes.length, node) < negligible) return [other, node];
    seen.set(counts, node);
  }
  return undefined;
}

/**
 * Expected number of pairs among N workers whose counts agree in every round by chance. Two counts of n throws, each
 * binomial with p = π/4, agree with probability 1/(2·sqrt(π·n·p·(1−p))), by the normal approximation to their difference.
 */
function expectedByChance(workers: number, { samples, rounds }: NodeRecord): number {
  const p = Math.PI / 4;
  const perRound = 1 / (2 * Math.sqrt(Math.PI * (samples / rounds.length) * p * (1 - p)));
  return ((workers * (workers - 1)) / 2) * Math.min(1, perRound) ** rounds.length;
}
