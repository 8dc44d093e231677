// Conditions that a run must meet, such as `throughputSpeedup >= 2`: how they are parsed, and how a run is judged. A
// condition is missed only if the run proves it. If the rounds leave it open, the verdict is "can't tell".

import * as v from "valibot";
import type { Assessment } from "./assessment.ts";
import type { Fault } from "./fault-ids.js";
import { besideLimit, betweenBesideLimit } from "./format.ts";
import { karpFlatt } from "./formulas.ts";
import { type HalfOpenInterval, type Interval, ratioInterval } from "./intervals.ts";
import { type MetricName, type Metrics, metricTable } from "./metrics.ts";
import { isMeasured } from "./records.ts";

const comparisons = [">=", "<=", ">", "<"] as const;
/** How a figure is compared with its limit. No measured figure equals a number exactly, so there is no `==`. */
export type Comparison = (typeof comparisons)[number];

/** A condition from the stack's configuration. */
export type Requirement =
  /** Nothing made the run doubtful. */
  | { kind: "good"; text: "good" }
  | {
      kind: "figure";
      /** In a canonical spelling, without extra blanks. */
      text: string;
      name: RequirableName;
      comparison: Comparison;
      /** In the figure's unit. */
      limit: number;
    };

const intervalSchema = v.nullable(v.pipe(v.tuple([v.number(), v.nullable(v.number())]), v.readonly()));

/** The stack's output `requirements`, as read from a stack. */
export const judgedRequirementsSchema = v.array(
  v.object({
    text: v.string(),
    /** The figure; null if it is unknown or undefined, and for "good". */
    value: v.nullable(v.number()),
    /** The 95 % interval by which it was judged; null if it has none or is exact. */
    interval: intervalSchema,
    verdict: v.picklist(["met", "missed", "can't tell"]),
  }),
);
/** A condition and its verdict. */
export type JudgedRequirement = v.InferOutput<typeof judgedRequirementsSchema>[number];

/** Names of the metrics that are numbers; the others are intervals or parts. */
type NumberName = { [Name in MetricName]: Metrics[Name] extends number | null ? Name : never }[MetricName];

/** What a condition can ask about a run's figures. */
type Judged = Pick<Assessment, "metrics" | "baseline" | "judgement">;

type Certainty =
  /** It is a fact about this run, or was counted. Its value is judged as it stands. */
  | "exact"
  /** It is an estimate without bounds, so no condition can be judged by it. */
  | "unbounded"
  /** It is an estimate with these ends. Null if there are too few rounds. */
  | ((run: Judged) => HalfOpenInterval | null);

const scaledBy = (factor: number, interval: Interval | null): Interval | null =>
  interval && [factor * interval[0], factor * interval[1]];

/** Given seconds count as exact. */
const single = ({ metrics, baseline }: Judged): Interval | null =>
  isMeasured(baseline) ? metrics.tSingleCI95 : [metrics.tSingle, metrics.tSingle];

const estimate = (mean: number, [low, high]: Interval) => ({ mean, low, high });

/** Interval of T_S/T_P, which are measured independently. */
function speedup(run: Judged): Interval | null {
  const { tSingle, tParallel, tParallelCI95 } = run.metrics;
  const above = single(run);
  if (above === null || tParallelCI95 === null || tParallelCI95[0] <= 0) return null;
  return ratioInterval(estimate(tSingle, above), estimate(tParallel, tParallelCI95));
}

function linearRatio(run: Judged): Interval | null {
  const interval = speedup(run);
  return interval && [run.metrics.workers / interval[1], run.metrics.workers / interval[0]];
}

/** The serial fraction falls as S grows. */
function serialFraction({ metrics }: Judged): Interval | null {
  const { throughputSpeedupCI95, workers } = metrics;
  const [high = null, low = null] = throughputSpeedupCI95?.map((end) => karpFlatt(end, workers)) ?? [];
  return low === null || high === null ? null : [low, high];
}

/**
 * 1.96 standard errors in both directions. From 4 × 10⁴ samples on, the binomial distribution is practically normal.
 */
function piInterval({ metrics: { pi, piStandardError } }: Judged): Interval {
  return [pi - 1.96 * piStandardError, pi + 1.96 * piStandardError];
}

/**
 * How certain each figure is. The compiler requires a row for every number in the table of metrics. Times that one
 * clock measured once, such as the overhead, are facts about this run. Means over rounds are estimates.
 */
const certainties = {
  workers: "exact",
  samplesPerWorker: "exact",
  tSingle: single,
  tParallel: ({ metrics }) => metrics.tParallelCI95,
  speedup,
  efficiency: (run) => scaledBy(1 / run.metrics.workers, speedup(run)),
  combinedTime: ({ metrics }) => scaledBy(metrics.workers, metrics.tParallelCI95),
  linearRatio,
  tSlowest: ({ metrics }) => metrics.tSlowestCI95,
  throughputSpeedup: ({ metrics }) => metrics.throughputSpeedupCI95,
  throughputSpeedupBound: "exact",
  precision: "exact",
  // The workers' span is a fact; T_S is an estimate.
  makespanSpeedup: (run) => scaledBy((run.metrics.makespanSpeedup ?? 0) / run.metrics.tSingle, single(run)),
  throughputEfficiency: ({ metrics }) => scaledBy(1 / metrics.workers, metrics.throughputSpeedupCI95),
  tSequential: (run) => scaledBy(run.metrics.workers, single(run)),
  elapsed: "exact",
  overhead: "exact",
  endToEndSpeedup: ({ metrics }) => metrics.endToEndSpeedupCI95,
  fixedSizeSpeedup: ({ metrics }) => metrics.fixedSizeSpeedupCI95,
  breakEvenSeconds: ({ metrics }) => metrics.breakEvenCI95,
  balancedSpeedup: "unbounded",
  imbalance: "unbounded",
  karpFlatt: serialFraction,
  concurrency: "exact",
  pi: piInterval,
  piStandardError: "exact",
  piDeviation: "exact",
} satisfies Record<NumberName, Certainty>;

type Certainties = typeof certainties;
/** A figure by which a condition can be judged. */
export type RequirableName = {
  [Name in keyof Certainties]: Certainties[Name] extends "unbounded" ? never : Name;
}[keyof Certainties];

/** The names that a condition may use, in the order of the stack's output. */
export const requirableNames: readonly RequirableName[] = Object.keys(metricTable).filter(
  (name): name is RequirableName =>
    Object.hasOwn(certainties, name) && certainties[name as keyof Certainties] !== "unbounded",
);

const form =
  /^(?<name>[A-Za-z_]\w*)\s*(?<comparison>>=|<=|>|<)\s*(?<limit>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)$/;

/**
 * Parses a condition, or returns why it is invalid: what to set instead, as the end of a sentence that begins with
 * "set".
 */
export function parseRequirement(written: string): Requirement | { expected: string } {
  const text = written.trim();
  if (text === "good") return { kind: "good", text };
  const { name = "", comparison, limit = "" } = form.exec(text)?.groups ?? {};
  const known = requirableNames.find((each) => each === name);
  const sign = comparisons.find((each) => each === comparison);
  if (sign === undefined || !Number.isFinite(Number(limit))) {
    return {
      expected: `"good", or a name, one of ${comparisons.join(", ")}, and a number, such as "throughputSpeedup >= 2"`,
    };
  }
  if (known === undefined) {
    return { expected: `a condition on one of ${requirableNames.join(", ")}, or "good"` };
  }
  return { kind: "figure", text: `${known} ${sign} ${limit}`, name: known, comparison: sign, limit: Number(limit) };
}

/**
 * Judges each condition, in their order. Figures of a doubtful run are judged as they stand; "good" covers the doubt.
 */
export function judgeRequirements(requirements: readonly Requirement[], run: Judged): JudgedRequirement[] {
  return requirements.map((requirement) => judgeOne(requirement, run));
}

function judgeOne(requirement: Requirement, run: Judged): JudgedRequirement {
  const { text } = requirement;
  if (requirement.kind === "good") return { text, value: null, interval: null, verdict: goodness(run) };
  const { name, comparison, limit } = requirement;
  const value = run.metrics[name];
  // Widened: the table above fixes the content of each row.
  const certainty: Exclude<Certainty, "unbounded"> = certainties[name];
  if (value === null) return { text, value, interval: null, verdict: "can't tell" };
  if (certainty === "exact") {
    return { text, value, interval: null, verdict: compare([value, value], comparison, limit) };
  }
  const interval = certainty(run);
  if (interval === null) return { text, value, interval, verdict: "can't tell" };
  return { text, value, interval, verdict: compare(interval, comparison, limit) };
}

/** Without an interval of S, nobody can tell whether the run is good. */
function goodness({ judgement }: Judged): JudgedRequirement["verdict"] {
  if (!judgement.valid) return "missed";
  return judgement.precision === null ? "can't tell" : "met";
}

/**
 * Met if the whole interval is on the right side of the limit, missed if no part of it is. An end that is null is
 * unbounded.
 */
function compare([low, end]: HalfOpenInterval, comparison: Comparison, limit: number): JudgedRequirement["verdict"] {
  const high = end ?? Number.POSITIVE_INFINITY;
  const holds = {
    ">=": (x: number) => x >= limit,
    "<=": (x: number) => x <= limit,
    ">": (x: number) => x > limit,
    "<": (x: number) => x < limit,
  }[comparison];
  const [atLow, atHigh] = [holds(low), holds(high)];
  if (atLow && atHigh) return "met";
  return atLow || atHigh ? "can't tell" : "missed";
}

/** Which conditions a run missed and what to do, for the error that ends it; undefined if it missed none. */
export function missedMessage(requirements: readonly JudgedRequirement[]): Fault | undefined {
  const missed = requirements.filter(({ verdict }) => verdict === "missed");
  if (missed.length === 0) return undefined;
  const found = missed.map(({ text, value, interval }) => {
    const measured = value === null ? "something made the run doubtful" : `measured: ${besideLimit(value)}`;
    return `"${text}" (${measured}${interval === null ? "" : `, 95 % interval ${betweenBesideLimit(interval)}`})`;
  });
  return {
    id: "requirement-missed",
    text: `The run missed ${missed.length === 1 ? "a condition" : `${missed.length} conditions`} of pi-speedup:require: ${found.join("; ")}. The measured values are kept in the stack's outputs. Remove the cause and measure again with another value of pi-speedup:run, or change the condition.`,
  };
}
