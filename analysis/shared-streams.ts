// Whether two workers used the same random numbers. Then their samples count only once, and the figures are useless.
import type { NodeRecord } from "./records.ts";

/** If more pairs than this are expected to agree by chance in a run, agreement proves nothing. */
const negligible = 1e-6;

/**
 * Two workers with the same random stream: they counted the same in all rounds. Undefined if there are none, or if
 * there are so few samples that chance may explain it.
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
 * Expected number of pairs among N workers whose counts agree in every round by chance. Two counts of n samples, each
 * binomial with p = π/4, agree with probability 1/(2·sqrt(π·n·p·(1−p))), by the normal approximation of their
 * difference.
 */
function expectedByChance(workers: number, { samples, rounds }: NodeRecord): number {
  const p = Math.PI / 4;
  const perRound = 1 / (2 * Math.sqrt(Math.PI * (samples / rounds.length) * p * (1 - p)));
  return ((workers * (workers - 1)) / 2) * Math.min(1, perRound) ** rounds.length;
}
