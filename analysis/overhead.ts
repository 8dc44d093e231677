// What the clocks tell beside the rounds: how long the whole Job took, what of it was not computing, and whether the
// pods ran together. Kubernetes stamps whole seconds and the nodes' clocks differ, so these figures are good to about a second.
import type { NodeRecord, Timeline } from "./records.ts";
import { type NonEmpty, sum } from "./values.ts";

/** Seconds of the overhead, each null where unknown. Those that are known add up to the overhead. */
export interface OverheadParts {
  /** From the Job's creation until the pod had its node. */
  scheduling: number | null;
  /** From then until pi.py ran, the image's pull left out (where no event tells the pull, it is in here). */
  start: number | null;
  /** The rest: between the rounds and after them, and what the parts that are null would have been. */
  other: number | null;
}

/** The overhead in seconds and what it is made of; null where the clocks contradict each other. */
export interface Overhead {
  overhead: number | null;
  overheadParts: OverheadParts;
}

const unknown: Overhead = { overhead: null, overheadParts: { scheduling: null, start: null, other: null } };

/** The pod that ended last; of several the one with the lowest index. */
function last(nodes: NonEmpty<NodeRecord>): NodeRecord {
  return nodes.reduce((a, b) => (b.ended > a.ended || (b.ended === a.ended && b.index < a.index) ? b : a));
}

/** Seconds from the Job's creation to the end of the pod that ended last; null without a timeline, or when clocks contradict. */
export function elapsed(nodes: NonEmpty<NodeRecord>, timeline: Timeline | null): number | null {
  return timeline && duration(timeline.created, last(nodes).ended);
}

/**
 * O, seconds: elapsed − image pull − warm-up − Σ rounds, all of the pod that ended last. It is what the cluster costs beside the
 * computing and the image's pull, which happens once. Without a known pull time the pull stays inside. Null when negative.
 */
export function overhead(nodes: NonEmpty<NodeRecord>, timeline: Timeline | null): Overhead {
  const total = elapsed(nodes, timeline);
  if (timeline === null || total === null) return unknown;
  const node = last(nodes);
  const pod = timeline.pods.find(({ index }) => index === node.index);
  const pull = pod?.pull ?? 0;
  const rest = total - pull - node.warmUp - sum(node.rounds.map(({ seconds }) => seconds));
  if (rest < 0) return unknown;
  const scheduled = pod?.scheduled ?? null;
  const scheduling = duration(timeline.created, scheduled);
  // pi.py's own stamp and not the container's: it has a fraction, and Python's start belongs to the start.
  const start = scheduling === null ? null : duration(scheduled, node.started - pull);
  return { overhead: rest, overheadParts: { scheduling, start, other: rest - (scheduling ?? 0) - (start ?? 0) } };
}

/** Null where an end is unknown or the two clocks contradict each other. */
function duration(from: number | null, to: number | null): number | null {
  return from === null || to === null || to < from ? null : to - from;
}

/**
 * Share (0 to 1) of the shortest pod's timed span, first round's start to last round's end by the wall clock, in which the timed
 * spans of all pods overlap. Below 0.8 the pods did not run together. Null where a clock jumped back, so that a span has no length.
 */
export function concurrency(nodes: NonEmpty<NodeRecord>): number | null {
  const starts = nodes.map(({ rounds, started }) => rounds[0]?.start ?? started);
  const ends = nodes.map(({ rounds, ended }) => rounds.at(-1)?.end ?? ended);
  const shortest = Math.min(...ends.map((end, index) => end - (starts[index] ?? end)));
  const together = Math.max(0, Math.min(...ends) - Math.max(...starts));
  return shortest > 0 ? together / shortest : null;
}
