// What a run costs beside the computing, by the collector's one clock: from the release of the Job to the last result read.
import { podTimesOf } from "./common-window.ts";
import type { NodeRecord, PodTimes, Run, Timeline } from "./records.ts";
import { type NonEmpty, sum } from "./values.ts";

/** Seconds of the overhead, each null where unknown. Those that are known add up to the overhead. */
export interface OverheadParts {
  /** From the release until the collector saw that the pod had its node. */
  scheduling: number | null;
  /** From then until it saw the pod's container run, the image's pull left out; null where it saw that later than the program ran. */
  start: number | null;
  /** The rest: Python's start, the time between the rounds, the end, the log; and what the parts that are null would have been. */
  other: number | null;
}

/** The overhead in seconds and what it is made of; null where it is unknown. */
export interface Overhead {
  /** O_i of every pod, by the records' order. */
  ofPods: NonEmpty<number> | null;
  /** O: that of the pod read last. */
  overhead: number | null;
  overheadParts: OverheadParts;
}

const unknown: Overhead = {
  ofPods: null,
  overhead: null,
  overheadParts: { scheduling: null, start: null, other: null },
};

/** Seconds from the release to the last result read; null where a result was found read before the collector came. */
export function elapsed(timeline: Timeline | null): number | null {
  const read = timeline?.pods.map((pod) => pod.read) ?? [];
  const known = read.filter((each) => each !== null);
  return known.length > 0 && known.length === read.length ? Math.max(...known) : null;
}

/**
 * O_i = read − pull − warm-up − cool-down − Σ rounds, seconds: what pod i costs beside the computing and the image's pull, which
 * happens once. Null where a result's time, or any pod's pull, is unknown, or the rounds took longer than all together.
 */
export function overhead(nodes: NonEmpty<NodeRecord>, timeline: Timeline | null): Overhead {
  const pods = nodes.map(({ index }) => podTimesOf(timeline, index));
  const each = nodes.map((node, i) => ofPod(node, pods[i]));
  if (timeline === null || each.some((cost) => cost === null || cost < 0)) return unknown;
  // None is null, and there is one for each of at least one record.
  const ofPods = each as unknown as NonEmpty<number>;
  const last = pods.reduce((a, b, i) => ((b?.read ?? 0) > (pods[a]?.read ?? 0) ? i : a), 0);
  const cost = ofPods[last] ?? ofPods[0];
  const { scheduled = null, started = null, pull } = pods[last] ?? {};
  // What the watch saw late is not known: a part can't be longer than all that is left for it.
  const scheduling = within(cost, duration(timeline.released, scheduled, 0));
  const start = scheduling === null ? null : within(cost - scheduling, duration(scheduled, started, pull ?? 0));
  return {
    ofPods,
    overhead: cost,
    overheadParts: { scheduling, start, other: cost - (scheduling ?? 0) - (start ?? 0) },
  };
}

function within(most: number, part: number | null): number | null {
  return part !== null && part <= most ? part : null;
}

function ofPod(node: NodeRecord, pod: PodTimes | undefined): number | null {
  if (pod === undefined || pod.read === null || pod.pull === null) return null;
  return besideComputing(pod.read - pod.pull, node);
}

/** What is left of so many seconds beside a record's warm-up, cool-down and rounds. */
export function besideComputing(
  took: number,
  { warmUp, coolDown, rounds }: Pick<Run, "warmUp" | "coolDown" | "rounds">,
): number {
  return took - warmUp - coolDown - sum(rounds.map(({ seconds }) => seconds));
}

/** Null where an end is unknown, or the time between them is shorter than what is left out of it. */
function duration(from: number | null, to: number | null, without: number): number | null {
  return from === null || to === null || to - from < without ? null : to - from - without;
}
