// The time that a run adds to computing, by the collector's clock: from the release of the Job until the last result is
// read.
import { podTimesOf } from "./common-window.ts";
import type { NodeRecord, PodTimes, Run, Timeline } from "./records.ts";
import { mapAll, type NonEmpty, sum } from "./values.ts";

/** Parts of the overhead in seconds, each null if unknown. The known parts add up to the overhead. */
export interface OverheadParts {
  /** From the release until the collector saw that the pod was assigned to a node. */
  scheduling: number | null;
  /**
   * From then until it saw the pod's container run, without the image pull. Null if it saw this only after the program
   * had started.
   */
  start: number | null;
  /** The rest: Python's start, the time between the rounds, the end, reading the log, and any parts that are null. */
  other: number | null;
}

/** The overhead in seconds and its parts; null if unknown. */
export interface Overhead {
  /** O_i of every pod, in the order of the records. */
  ofPods: NonEmpty<number> | null;
  /** O: the overhead of the pod read last; of several read in the same moment, the largest. */
  overhead: number | null;
  overheadParts: OverheadParts;
}

const unknown: Overhead = {
  ofPods: null,
  overhead: null,
  overheadParts: { scheduling: null, start: null, other: null },
};

/**
 * Seconds from the release until the last result was read; null if a result had already been read before the collector
 * started.
 */
export function elapsed(timeline: Timeline | null): number | null {
  const read = timeline?.pods.map((pod) => pod.read) ?? [];
  const known = read.filter((each) => each !== null);
  return known.length > 0 && known.length === read.length ? Math.max(...known) : null;
}

/**
 * O_i = read − pull − warm-up − cool-down − Σ rounds, seconds: the time that pod i adds to computing. The image pull is
 * left out, because it happens only once. Null if the time of a result or of any pod's pull is unknown, or if the
 * rounds took longer than the total.
 */
export function overhead(nodes: NonEmpty<NodeRecord>, timeline: Timeline | null): Overhead {
  const pods = mapAll(nodes, (node) => ofPod(node, timeline));
  if (!areKnown(pods)) return unknown;
  const last = pods.reduce((last, pod) => (compareEnds(pod, last) > 0 ? pod : last));
  return { ofPods: mapAll(pods, ({ cost }) => cost), overhead: last.cost, overheadParts: last.parts };
}

/** What is known of one pod: O_i, its parts, and when its result was read, in seconds. */
interface PodOverhead {
  read: number;
  cost: number;
  parts: OverheadParts;
}

function areKnown(pods: NonEmpty<PodOverhead | null>): pods is NonEmpty<PodOverhead> {
  return !pods.includes(null);
}

/**
 * Above 0 if `a` is the pod to be reported instead of `b`. If even the overheads are the same, the parts decide, so that the
 * pods' numbers never do. An unknown part is less than any known one.
 */
function compareEnds(a: PodOverhead, b: PodOverhead): number {
  return (
    a.read - b.read ||
    a.cost - b.cost ||
    (a.parts.scheduling ?? -1) - (b.parts.scheduling ?? -1) ||
    (a.parts.start ?? -1) - (b.parts.start ?? -1)
  );
}

/** The parts of a pod's overhead. */
function partsOf(cost: number, { scheduled, started, pull }: PodTimes, { released }: Timeline): OverheadParts {
  // The watch may have seen an event late. A part can't be longer than the time that is left for it.
  const scheduling = within(cost, duration(released, scheduled, 0));
  const start = scheduling === null ? null : within(cost - scheduling, duration(scheduled, started, pull ?? 0));
  return { scheduling, start, other: cost - (scheduling ?? 0) - (start ?? 0) };
}

function within(most: number, part: number | null): number | null {
  return part !== null && part <= most ? part : null;
}

function ofPod(node: NodeRecord, timeline: Timeline | null): PodOverhead | null {
  const pod = podTimesOf(timeline, node.index);
  if (timeline === null || pod === undefined || pod.read === null || pod.pull === null) return null;
  const cost = besideComputing(pod.read - pod.pull, node);
  return cost < 0 ? null : { read: pod.read, cost, parts: partsOf(cost, pod, timeline) };
}

/** What remains of these seconds without a record's warm-up, cool-down and rounds. */
export function besideComputing(
  took: number,
  { warmUp, coolDown, rounds }: Pick<Run, "warmUp" | "coolDown" | "rounds">,
): number {
  return took - warmUp - coolDown - sum(rounds.map(({ seconds }) => seconds));
}

/** Null if an end is unknown, or if the difference is shorter than what is left out of it. */
function duration(from: number | null, to: number | null, without: number): number | null {
  return from === null || to === null || to - from < without ? null : to - from - without;
}
