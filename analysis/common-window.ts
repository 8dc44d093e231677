// The time in which all workers were computing: only rounds inside it show what they do together. Each pod starts and ends
// at its own moment; warm-up and cool-down keep a worker busy while others start and finish.
import type { NodeRecord, PodTimes, Round, Timeline } from "./records.ts";
import { type NonEmpty, sum } from "./values.ts";

/** Seconds by which a round may reach out of the window: stamps of different nodes agree no better. */
const slack = 0.005;

/** Which rounds count, and how far the workers ran together. */
export interface CommonWindow {
  /** The rounds that count, by the records' order. */
  counted: NonEmpty<readonly Round[]>;
  /** How many rounds of all workers do not count. */
  leftOut: number;
  /**
   * Smallest share (0 to 1), over the pods, of a pod's own timed span that lies in the window. Null where the nodes' clocks
   * can't be set against each other; 0 where a worker has no round in it.
   */
  concurrency: number | null;
}

/**
 * A span of the wall clock, in seconds since an origin that belongs to the run: what is added to a stamp of seconds since the
 * epoch loses all but its seven first decimals.
 */
interface Span {
  start: number;
  end: number;
}

/**
 * From the latest (first round's start − warm-up) to the earliest (last round's end + cool-down), by clocks that were
 * shifted as the timeline says. Where that can't be told, or leaves a worker without a round, all rounds count.
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
  // A single round is the tutorial's way: nothing surrounds it that could be left out.
  if (nodes.every(({ rounds }) => rounds.length === 1)) return { counted: all, leftOut: 0, concurrency };
  const counted = nodes.map(({ rounds }, i) =>
    rounds.filter((round) => isIn(since(origin, round, shifts[i] ?? 0), window)),
  );
  if (counted.some(({ length }) => length === 0)) return { counted: all, leftOut: 0, concurrency: 0 };
  return {
    // One list for each of at least one record.
    counted: counted as unknown as NonEmpty<readonly Round[]>,
    leftOut: sum(all.map(({ length }) => length)) - sum(counted.map(({ length }) => length)),
    concurrency,
  };
}

/** Seconds to add to a node's stamps; null where no shift fits what was seen. */
export function clockShift(timeline: Timeline | null, index: number): number | null {
  return podTimesOf(timeline, index)?.clockShift ?? null;
}

/** What was seen of a pod. The timeline has them by index, so that each of thousands is where it is looked for. */
export function podTimesOf(timeline: Timeline | null, index: number): PodTimes | undefined {
  const there = timeline?.pods[index];
  return there?.index === index ? there : timeline?.pods.find((each) => each.index === index);
}

/** A stamp of the run, seconds since the epoch, from which its spans are counted. */
export function originOf([first]: NonEmpty<NodeRecord>): number {
  return first.started;
}

/** From the first round's start to the last round's end. @param shift seconds to add to the node's stamps. */
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
