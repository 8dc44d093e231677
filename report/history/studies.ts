// Scaling studies among the earlier runs: what is kept, and how a study differs from the previous one.
import * as v from "valibot";
import type { Interval } from "../../analysis/intervals.ts";
import { countSpeedups } from "../../analysis/scaling/curve.ts";
import { lawName } from "../../analysis/scaling/laws.ts";
import { type Law, lawSchema, type Scaling, scalingKindSchema } from "../../analysis/scaling/study-records.ts";
import { satterthwaiteDegrees, studentQuantile } from "../../analysis/student.ts";
import { sum } from "../../analysis/values.ts";
import { fingerprint } from "./fingerprint.ts";

const mark = v.pipe(v.string(), v.maxLength(64));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000_000));
/** No study lies beyond these limits, and squares and logarithms of values within them stay finite. */
const finite = v.pipe(v.number(), v.minValue(-1e9), v.maxValue(1e9));
const ratio = v.pipe(v.number(), v.minValue(1e-9), v.maxValue(1e9));
const ordered = <Ends extends v.GenericSchema<number>>(end: Ends) =>
  v.pipe(
    v.tuple([end, end]),
    v.check(([low, high]) => low <= high, "its lower end is above its upper one"),
  );

/** The parts of a law that are compared. The data for its bands and its limit stays in the stack's output. */
const keptLaw = v.object({
  name: lawSchema.entries.name,
  coefficient: finite,
  interval: ordered(finite),
  exchange: v.nullable(v.object({ coefficient: finite, interval: ordered(finite) })),
  degrees: count,
});

/** What the history keeps of a study. */
export const keptStudySchema = v.looseObject({
  /** The same for the same points. */
  id: mark,
  /** A hash of each block's points. A study with added blocks shares the earlier ones with its earlier state. */
  blocks: v.pipe(v.array(mark), v.minLength(1), v.maxLength(1000)),
  /** When the last point was measured, ISO 8601, UTC. */
  when: v.pipe(v.string(), v.isoTimestamp()),
  kind: scalingKindSchema,
  /** Worker counts, ascending. */
  counts: v.pipe(v.array(count), v.minLength(1), v.maxLength(1000)),
  /** A hash of the workers' names, in the order in which they take part. */
  nodes: mark,
  /** The number of doubtful points. */
  doubtful: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  law: v.nullable(keptLaw),
  /** Why no law was fitted. */
  reason: v.nullable(v.pipe(v.string(), v.maxLength(10_000))),
  /** The law of the time that the user waits. */
  waits: v.nullable(keptLaw),
  /** The largest worker count relative to one; null if no block has a point with one worker. */
  throughput: v.nullable(
    v.object({
      speedup: ratio,
      interval: v.nullable(ordered(ratio)),
      degrees: v.pipe(finite, v.minValue(0), v.maxValue(1_000_000)),
    }),
  ),
  /** What the hosts' cores allow with the most workers, relative to one worker alone. */
  bound: ratio,
});
/** What the history keeps of a study. */
export type KeptStudy = v.InferOutput<typeof keptStudySchema>;

/**
 * The part of a study that is kept. `end` is when the run ended, in seconds since the epoch, for points whose release
 * is unknown.
 */
export function keptStudy(scaling: Scaling, end: number): KeptStudy {
  const { kind, points, law, reason, asUserWaits } = scaling;
  const counts = ascending(points.map(({ workers }) => workers));
  const most = counts.at(-1) ?? 1;
  const blocks = ascending(points.map(({ block }) => block)).map((block) =>
    fingerprint(
      points
        .filter((point) => point.block === block)
        .toSorted((a, b) => a.workers - b.workers)
        .map(({ workers, when, times }) => [workers, when, times]),
    ),
  );
  const ends = points.map(({ when, elapsed, seconds }) => (when === null ? end : when + (elapsed ?? seconds)));
  const throughput = countSpeedups(kind, points, ({ seconds }) => seconds).find(({ workers }) => workers === most);
  return {
    id: fingerprint([kind, blocks]),
    blocks,
    when: new Date(1000 * Math.max(...ends)).toISOString(),
    kind,
    counts,
    nodes: fingerprint(points.find(({ workers }) => workers === most)?.nodes ?? []),
    doubtful: points.filter(({ doubts }) => doubts.length > 0).length,
    law: law && lawOf(law),
    reason,
    waits: asUserWaits.law && lawOf(asUserWaits.law),
    throughput: throughput
      ? { speedup: throughput.speedup, interval: pair(throughput.interval), degrees: throughput.degrees }
      : null,
    bound: Math.min(...points.filter(({ workers }) => workers === most).map(({ bound }) => bound)),
  };
}

const ascending = (values: readonly number[]) => [...new Set(values)].toSorted((a, b) => a - b);
const pair = (interval: Interval | null): [number, number] | null => interval && [interval[0], interval[1]];
const lawOf = ({ name, coefficient, interval, exchange, degrees }: Law): v.InferOutput<typeof keptLaw> => ({
  name,
  coefficient,
  interval,
  exchange,
  degrees,
});

/** Whether two studies have points in common, so that one says nothing about the other. */
export function shareBlocks(one: KeptStudy, other: KeptStudy): boolean {
  return one.blocks.some((block) => other.blocks.includes(block));
}

/** Figures of a study that are compared. */
export type StudyFigure = "s" | "alpha" | "beta" | "waits" | "throughput" | "bound";

/** One figure of a study, compared with the previous one. */
export interface StudyChange {
  figure: StudyFigure;
  before: number;
  now: number;
  /** The change: a difference, or a ratio for the throughput. */
  change: number;
  /**
   * Interval of the change, such that all intervals of a study together have a level of 95 %; null if there is none.
   */
  interval: Interval | null;
  verdict: "same" | "higher" | "lower" | "can't tell";
}

/** A study, compared with the previous one. */
export interface StudyComparison {
  changes: StudyChange[];
  /** Whole sentences about what can't be compared. */
  obstacles: string[];
}

/** Chance that noise alone moves any figure of a study out of its interval. */
const falseAlarms = 0.05;

/** Both have the same settings, and no points in common. */
export function compareStudies(before: KeptStudy, now: KeptStudy): StudyComparison {
  const pairs = [...lawPairs(before.law, now.law), ...waitPairs(before.waits, now.waits)];
  const throughputs = before.throughput !== null && now.throughput !== null;
  const level = 1 - falseAlarms / (pairs.length + (throughputs ? 1 : 0) || 1);
  const changes = pairs.map(({ figure, earlier, later }): StudyChange => {
    const change = later.value - earlier.value;
    const interval = differenceOf(earlier, later, level);
    return { figure, before: earlier.value, now: later.value, change, interval, verdict: verdictOf(interval, 0) };
  });
  if (before.throughput !== null && now.throughput !== null) {
    changes.push(throughputChange(before.throughput, now.throughput, level));
  }
  const bounds = now.bound - before.bound;
  // What the cores allow is counted, not measured, so it has no interval.
  const isSame = Math.abs(bounds) <= 1e-9 * now.bound;
  changes.push({
    figure: "bound",
    before: before.bound,
    now: now.bound,
    change: bounds,
    interval: null,
    verdict: isSame ? "same" : bounds > 0 ? "higher" : "lower",
  });
  return { changes, obstacles: obstacles(before, now) };
}

interface Estimate {
  value: number;
  interval: Interval;
  degrees: number;
}
interface Pair {
  figure: StudyFigure;
  earlier: Estimate;
  later: Estimate;
}

type KeptLaw = KeptStudy["law"];

function lawPairs(before: KeptLaw, now: KeptLaw): Pair[] {
  if (before === null || now === null || before.name !== now.name) return [];
  const first: Pair = {
    figure: now.exchange === null ? "s" : "alpha",
    earlier: { ...before, value: before.coefficient },
    later: { ...now, value: now.coefficient },
  };
  if (before.exchange === null || now.exchange === null) return [first];
  const second: Pair = {
    figure: "beta",
    earlier: { ...before.exchange, value: before.exchange.coefficient, degrees: before.degrees },
    later: { ...now.exchange, value: now.exchange.coefficient, degrees: now.degrees },
  };
  return [first, second];
}

function waitPairs(before: KeptLaw, now: KeptLaw): Pair[] {
  return lawPairs(before, now).map((each) => ({ ...each, figure: "waits" }));
}

function throughputChange(
  before: NonNullable<KeptStudy["throughput"]>,
  now: NonNullable<KeptStudy["throughput"]>,
  level: number,
): StudyChange {
  const [earlier, later] = [logOf(before), logOf(now)];
  const logs = earlier && later && differenceOf(earlier, later, level);
  const interval: Interval | null = logs && [Math.exp(logs[0]), Math.exp(logs[1])];
  const change = now.speedup / before.speedup;
  return {
    figure: "throughput",
    before: before.speedup,
    now: now.speedup,
    change,
    interval,
    verdict: verdictOf(interval, 1),
  };
}

function logOf({ speedup, interval, degrees }: NonNullable<KeptStudy["throughput"]>): Estimate | null {
  if (interval === null || degrees < 1) return null;
  return { value: Math.log(speedup), interval: [Math.log(interval[0]), Math.log(interval[1])], degrees };
}

/**
 * Interval of the later estimate minus the earlier one, each with Student's t: Welch's, with Satterthwaite's degrees of
 * freedom.
 */
function differenceOf(earlier: Estimate, later: Estimate, level: number): Interval {
  const parts = [earlier, later].map(({ interval: [low, high], degrees }) => ({
    variance: ((high - low) / 2 / studentQuantile(0.975, degrees)) ** 2,
    degrees,
  }));
  const difference = later.value - earlier.value;
  const variance = sum(parts.map((part) => part.variance));
  if (!(variance > 0)) return [difference, difference];
  const margin = studentQuantile((1 + level) / 2, satterthwaiteDegrees(parts)) * Math.sqrt(variance);
  return [difference - margin, difference + margin];
}

/** Rounding errors are not a change. */
function verdictOf(interval: Interval | null, none: number): StudyChange["verdict"] {
  if (interval === null) return "can't tell";
  if (interval[0] > none + 1e-9) return "higher";
  return interval[1] < none - 1e-9 ? "lower" : "same";
}

function obstacles(before: KeptStudy, now: KeptStudy): string[] {
  if (before.law === null && now.law === null) return ["Neither study has a law to compare."];
  if (before.law === null) return ["The law cannot be compared, because no law was fitted to the earlier study."];
  if (now.law === null) return ["The law cannot be compared, because no law is fitted to this study."];
  return before.law.name === now.law.name
    ? []
    : [
        `The laws cannot be compared. The earlier study follows ${lawName(before.law)}, and this one follows ${lawName(now.law)}.`,
      ];
}
