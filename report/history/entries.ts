// Earlier runs: what is kept, how the file is parsed, and whether runs with the same settings differ by more than
// noise.
import * as v from "valibot";
import { assess } from "../../analysis/assessment.ts";
import type { Interval } from "../../analysis/intervals.ts";
import { type MetricName, schemasOf } from "../../analysis/metrics.ts";
import { isMeasured, type NodeRecord, type Run, runsOf, type SingleMachine } from "../../analysis/records.ts";
import { isNonEmpty } from "../../analysis/values.ts";
import type { Measurement } from "../outputs.ts";
import { predictionInterval } from "../prediction.ts";
import { fingerprint } from "./fingerprint.ts";
import { type KeptStudy, keptStudy, keptStudySchema } from "./studies.ts";

/** Figures that are compared between runs, with their intervals. */
export const comparedFigures = ["throughputSpeedup", "tSingle", "tSlowest"] as const satisfies readonly MetricName[];
/** Other figures that are kept. */
export const otherFigures = [
  "endToEndSpeedup",
  "overhead",
  "breakEvenSeconds",
  "linearRatio",
  "pi",
] as const satisfies readonly MetricName[];

/** Name of a figure that is compared between runs. */
export type ComparedFigure = (typeof comparedFigures)[number];

export const intervalOf = <Name extends ComparedFigure>(figure: Name) => `${figure}CI95` as const;

const settings = {
  workers: v.number(),
  /** A hash of the workers' names. */
  nodes: v.string(),
  image: v.string(),
  samples: v.number(),
  rounds: v.number(),
  processes: v.union([v.number(), v.literal("cores")]),
  baseline: v.string(),
};
const kept = {
  /** The same for the same measurement, however often it is read. */
  id: v.string(),
  /**
   * Ids of its two halves. `npm run measure -- baseline` creates a run that shares the workers' half with the previous
   * one.
   */
  halves: v.object({ workers: v.string(), single: v.string() }),
  /** When its last part was measured, ISO 8601, UTC. */
  when: v.pipe(v.string(), v.isoTimestamp()),
  stack: v.string(),
  versions: v.record(v.string(), v.string()),
  metrics: v.looseObject({
    ...schemasOf(comparedFigures.flatMap((figure) => [figure, intervalOf(figure)])),
    // The comparison uses logarithms.
    ...v.entriesFromList(comparedFigures, v.pipe(v.number(), v.gtValue(0))),
    ...schemasOf(otherFigures),
  }),
  /** What made the run doubtful; empty if nothing did. */
  doubts: v.array(v.string()),
};

/** A run in the earlier format: its times are medians and its speed-up is derived from them, so it is not compared. */
const formerSchema = v.looseObject({
  record: v.literal("pi-speedup/history/1"),
  ...kept,
  settings: v.object(settings),
});

/** One run as one line of JSON. Fields that later versions add are kept and passed on. */
const entrySchema = v.looseObject({
  record: v.literal("pi-speedup/history/2"),
  ...kept,
  /** Runs are only comparable if these are equal. */
  settings: v.object({
    ...settings,
    /** The digests of the image, on the workers and the single machine; empty if unknown. */
    digest: v.string(),
    python: v.string(),
    /** Which version of pi.py. */
    program: v.string(),
    kernel: v.string(),
    /** Processors, or boards, of the workers. */
    cpu: v.string(),
    /** The single machine: processor or board, kernel, cores; empty if its seconds were given. */
    host: v.string(),
  }),
  /** The scaling study that followed it; null if there was none, and in lines of earlier versions. */
  study: v.optional(v.nullable(keptStudySchema), null),
});
/** One run in the current format. */
export type Entry = v.InferOutput<typeof entrySchema>;
/** One run in the earlier format. */
export type FormerEntry = v.InferOutput<typeof formerSchema>;
/** One run from the file. */
export type AnyEntry = Entry | FormerEntry;

/** Whether a run is in the earlier format, which used medians. */
export const isFormer = (entry: AnyEntry): entry is FormerEntry => entry.record === "pi-speedup/history/1";

/** The part of a run that is kept. */
export function entryOf(measurement: Measurement, stack: string, versions: Readonly<Record<string, string>>): Entry {
  const { nodes, baseline, metrics, workload, scaling } = measurement;
  const { image, samples, rounds, processes, program } = workload;
  const halves = {
    workers: fingerprint(nodes.map(({ node, seed, started }) => [node, seed, started])),
    single: fingerprint(isMeasured(baseline) ? [baseline.seed, baseline.started] : [baseline.mode, baseline.seconds]),
  };
  const end = Math.max(...runsOf(nodes, baseline).map(({ ended }) => ended));
  return {
    record: "pi-speedup/history/2",
    id: fingerprint(halves),
    halves,
    when: new Date(1000 * end).toISOString(),
    stack,
    settings: {
      workers: nodes.length,
      nodes: fingerprint(namesOf(nodes)),
      image,
      samples,
      rounds,
      processes,
      baseline: baselineSetting(baseline),
      digest: distinct(digestsOf(nodes, baseline)),
      python: distinct(runsOf(nodes, baseline).map(({ python }) => python)),
      program,
      kernel: distinct(nodes.map(({ machine }) => machine.kernel)),
      cpu: distinct(nodes.map(processorOf)),
      host: isMeasured(baseline) ? `${processorOf(baseline)}, ${baseline.machine.kernel}, ${baseline.cores} cores` : "",
    },
    versions: { ...versions },
    metrics,
    study: scaling && keptStudy(scaling, end),
    doubts: assess(measurement, baseline).judgement.doubts,
  };
}

/** Marks given seconds, and nothing else: no mode ends like this, and no name of a worker contains a blank. */
const givenEnd = " s given";
const baselineSetting = (baseline: SingleMachine) =>
  isMeasured(baseline) ? baseline.mode : `${baseline.seconds}${givenEnd}`;
const wasGiven = ({ baseline }: Entry["settings"]) => baseline.endsWith(givenEnd);

const namesOf = (nodes: readonly NodeRecord[]) => nodes.map(({ node }) => node).sort();
const distinct = (values: readonly string[]) => [...new Set(values)].sort().join(", ");
const processorOf = ({ machine }: Run) => machine.board ?? machine.cpu;
const digestsOf = (nodes: readonly NodeRecord[], baseline: SingleMachine) =>
  [...nodes, ...(isMeasured(baseline) ? [baseline] : [])].flatMap(({ digest }) => digest ?? []);

/** The entry as a line of the file, with a newline at its end. */
export const lineOf = (entry: AnyEntry) => `${JSON.stringify(entry)}\n`;

/** The parsed text of the file. */
export interface History {
  /** Oldest first, without duplicates. A run whose study was measured again appears once with each of its studies. */
  entries: AnyEntry[];
  /** Lines that can't be parsed: their numbers, from 1, and the reason. They stay in the file. */
  faults: { line: number; why: string }[];
}

/** Parses the file's text. */
export function parseHistory(text: string): History {
  const found = new Map<string, AnyEntry>();
  const faults: History["faults"] = [];
  const schema = v.pipe(v.string(), v.parseJson(), v.variant("record", [entrySchema, formerSchema]));
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parsed = v.safeParse(schema, line, { abortEarly: true });
    if (!parsed.success) faults.push({ line: i + 1, why: why(parsed.issues[0]) });
    else found.set(keyOf(parsed.output), parsed.output);
  }
  const studied = new Set([...found.values()].filter((entry) => studyOf(entry) !== null).map(({ id }) => id));
  const entries = [...found.values()]
    .filter((entry) => studyOf(entry) !== null || !studied.has(entry.id))
    .sort((a, b) => (a.when < b.when ? -1 : a.when > b.when ? 1 : 0));
  return { entries, faults };
}

/** The study of a run; null if it has none. */
const studyOf = (entry: AnyEntry): KeptStudy | null => (isFormer(entry) ? null : entry.study);
const keyOf = (entry: AnyEntry) => `${entry.id}/${studyOf(entry)?.id ?? ""}`;

/** Whether the run is among the entries, with its study. */
export function isKept(entries: readonly AnyEntry[], entry: AnyEntry): boolean {
  return entries.some((each) => each.id === entry.id && (studyOf(entry) === null || keyOf(each) === keyOf(entry)));
}

/** Each run once, with its latest study. */
export function distinctRuns(entries: readonly AnyEntry[]): AnyEntry[] {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

function why(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path === null ? "no JSON object" : `"${path}": ${issue.message}`;
}

/**
 * Runs with the same settings, oldest first. Groups are in the order of their latest runs. Runs in the earlier format
 * have fewer settings.
 */
export function groupsOf(entries: readonly AnyEntry[]): AnyEntry[][] {
  const groups = new Map<string, AnyEntry[]>();
  for (const entry of distinctRuns(entries)) {
    const key = JSON.stringify(Object.entries(entry.settings).sort());
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].sort((a, b) => ((a.at(-1)?.when ?? "") < (b.at(-1)?.when ?? "") ? -1 : 1));
}

/** One figure of the latest run, compared with earlier runs. */
export interface Comparison {
  figure: ComparedFigure;
  latest: number;
  /** The number of earlier runs that are not doubtful and share no half with another one. */
  earlier: number;
  /** Where noise alone would put the latest value; null if unknown. */
  expected: Interval | null;
  /**
   * The smallest relative change that could be distinguished from noise: half the width of that interval on logarithms;
   * null if there is none.
   */
  smallest: number | null;
  verdict: "noise" | "lower" | "higher" | "can't tell";
}

/** Chance that noise alone moves any figure of a run out of its interval. */
const falseAlarms = 0.05;

/**
 * Compares the latest run of a group with the previous ones, figure by figure. Doubtful runs are not used for
 * comparison. Empty for a group of one, and for runs in the earlier format.
 */
export function compareLatest(all: readonly AnyEntry[]): Comparison[] {
  const group = all.filter((entry) => !isFormer(entry));
  const latest = group.at(-1);
  if (latest === undefined || group.length < 2) return [];
  const figures: ComparedFigure[] = [
    "throughputSpeedup",
    "tSlowest",
    ...(latest.metrics.tSingleCI95 === null ? [] : ["tSingle" as const]),
  ];
  const sound = group.filter((entry) => entry === latest || entry.doubts.length === 0);
  const earlier = independent(sound).slice(0, -1);
  return figures.map((figure) => {
    const value = latest.metrics[figure];
    const values = earlier.map(({ metrics }) => metrics[figure]);
    const expected = isNonEmpty(values) ? predictionInterval(values, 1 - falseAlarms / figures.length) : null;
    const smallest = expected && Math.sqrt(expected[1] / expected[0]) - 1;
    return { figure, latest: value, earlier: values.length, expected, smallest, verdict: judge(value, expected) };
  });
}

function judge(value: number, expected: Interval | null): Comparison["verdict"] {
  if (expected === null) return "can't tell";
  const [low, high] = expected;
  // Runs that are equal to the last digit have a spread of 0, and sums may end in another digit.
  if (value < low * (1 - 1e-9)) return "lower";
  return value > high * (1 + 1e-9) ? "higher" : "noise";
}

/**
 * Runs that share no half with each other: starting from the latest, each that shares none with those already chosen.
 * Oldest first.
 */
function independent(group: readonly Entry[]): Entry[] {
  const seen = new Set<string>();
  const taken = group.toReversed().filter(({ halves, settings }) => {
    const own = wasGiven(settings) ? [halves.workers] : [halves.workers, halves.single];
    if (own.some((half) => seen.has(half))) return false;
    for (const half of own) seen.add(half);
    return true;
  });
  return taken.reverse();
}
