// The time in which all workers were computing. Only rounds inside it show their combined speed. Pods start and end at
// different times; warm-up and cool-down keep a worker busy while others start and finish.
import type { NodeRecord, PodTimes, Round, Timeline } from "./records.ts";
import { type NonEmpty, sum } from "./values.ts";

/** Seconds by which a round may extend beyond the window: timestamps of different nodes agree no better. */
const slack = 0.005;

/** Which rounds count, and how much the workers ran at the same time. */
export interface CommonWindow {
  /** The rounds that count, in the order of the records. */
  counted: NonEmpty<readonly Round[]>;
  /** How many rounds, over all workers, do not count. */
  leftOut: number;
  /**
   * Smallest share (0 to 1), over the pods, of a pod's own timed span that lies in the window. Null if the nodes'
   * clocks can't be aligned; 0 if a worker has no round in it.
   */
  concurrency: number | null;
}

/**
 * A span of the wall clock, in seconds since an origin in the run. Sums with seconds since the epoch would keep only
 * seven decimals.
 */
interface Span {
  start: number;
  end: number;
}

/**
 * From the latest (first round's start − warm-up) to the earliest (last round's end + cool-down), by clocks shifted as
 * the timeline says. If that is unknown, or leaves a worker without a round, all rounds count.
 */
export function commonWindow(nodes: NonEmpty<NodeRecord>, timeline: Timeline | null): CommonWindow {
  const [first] = nodes;
  const all = nodes.map(({ rounds }) => rounds) as unknown as NonEmpty<readonly Round[]>;
  const shifts = nodes.map(({ index }) => clockShift(timeline, index));
  if (nodes.length === 1) return { counted: all, leftOut: 0, concurrency: 1 };
  if (shifts.includes(null)) return { counted: all, leftOut: 0, concurrency: null };
  const origin = originOf(nodes);
  const spans = nodes.map((node, i) => timedSpan(node, origin, shifts[i] ?? 0));
  const window = {
    start: Math.max(...spans.map(({ start }, i) => start - (nodes[i] ?? first).warmUp)),
    end: Math.min(...spans.map(({ end }, i) => end + (nodes[i] ?? first).coolDown)),
  };
  const concurrency = Math.min(...spans.map((span) => share(span, window)));
  // A single round works as in the tutorial: there is no work around it that could be left out.
  if (nodes.every(({ rounds }) => rounds.length === 1)) return { counted: all, leftOut: 0, concurrency };
  const counted = nodes.map(({ rounds }, i) =>
    rounds.filter((round) => isIn(since(origin, round, shifts[i] ?? 0), window)),
  );
  if (counted.some(({ length }) => length === 0)) return { counted: all, leftOut: 0, concurrency: 0 };
  return {
    // One list for each record, and there is at least one.
    counted: counted as unknown as NonEmpty<readonly Round[]>,
    leftOut: sum(all.map(({ length }) => length)) - sum(counted.map(({ length }) => length)),
    concurrency,
  };
}

/** Seconds to add to a node's timestamps; null if no shift fits the observations. */
export function clockShift(timeline: Timeline | null, index: number): number | null {
  return podTimesOf(timeline, index)?.clockShift ?? null;
}

/** What was observed of a pod. The timeline is by index, so that finding one of thousands is fast. */
export function podTimesOf(timeline: Timeline | null, index: number): PodTimes | undefined {
  const there = timeline?.pods[index];
  return there?.index === index ? there : timeline?.pods.find((each) => each.index === index);
}

/** A timestamp of the run, seconds since the epoch, from which its spans are counted. */
export function originOf([first]: NonEmpty<NodeRecord>): number {
  return first.started;
}

/** From the first round's start to the last round's end. @param shift seconds to add to the node's timestamps. */
export function timedSpan({ rounds, started, ended }: NodeRecord, origin: number, shift: number): Span {
  return since(origin, { start: rounds[0]?.start ?? started, end: rounds.at(-1)?.end ?? ended }, shift);
}

function since(origin: number, { start, end }: Pick<Round, "start" | "end">, shift: number): Span {
  return { start: start - origin + shift, end: end - origin + shift };
}

function isIn({ start, end }: Span, window: Span): boolean {
  return start >= window.start - slack && end <= window.end + slack;
}

function share({ start, end }: Span, window: Span): number {
  const together = Math.max(0, Math.min(end, window.end) - Math.max(start, window.start));
  return end > start ? Math.min(1, together / (end - start)) : 0;
}
