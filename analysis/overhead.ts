// The time that a run adds to computing, by the collector's clock: from the release of the Job until the last result is
// read.
import { podTimesOf } from "./common-window.ts";
import type { NodeRecord, PodTimes, Run, Timeline } from "./records.ts";
import { type NonEmpty, sum } from "./values.ts";

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
  const pods = nodes.map(({ index }) => podTimesOf(timeline, index));
  const each = nodes.map((node, i) => ofPod(node, pods[i]));
  if (timeline === null || each.some((cost) => cost === null || cost < 0)) return unknown;
  // None is null, and there is at least one record.
  const ofPods = each as unknown as NonEmpty<number>;
  const [last] = pods
    .flatMap((pod, i) => {
      const cost = ofPods[i];
      return pod === undefined || cost === undefined
        ? []
        : [{ read: pod.read ?? 0, cost, parts: partsOf(cost, pod, timeline) }];
    })
    // If even the overheads are the same, the parts decide, so that the pods' numbers never do.
    .sort((a, b) => b.read - a.read || b.cost - a.cost || byParts(b.parts, a.parts));
  return last === undefined ? unknown : { ofPods, overhead: last.cost, overheadParts: last.parts };
}

/** Compares two pods' parts. An unknown one is less than any known one. */
function byParts(a: OverheadParts, b: OverheadParts): number {
  return (a.scheduling ?? -1) - (b.scheduling ?? -1) || (a.start ?? -1) - (b.start ?? -1);
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

function ofPod(node: NodeRecord, pod: PodTimes | undefined): number | null {
  if (pod === undefined || pod.read === null || pod.pull === null) return null;
  return besideComputing(pod.read - pod.pull, node);
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
