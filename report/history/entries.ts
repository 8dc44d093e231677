// Earlier runs: what is kept of one, how the file is read, and whether runs of equal settings differ by more than noise.
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
/** Figures that are kept beside them. */
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
  /** Same for the same measurement, however often it is seen. */
  id: v.string(),
  /** Ids of its two halves: `npm run measure -- baseline` makes a run that shares the workers' half with the one before. */
  halves: v.object({ workers: v.string(), single: v.string() }),
  /** When the last of it was measured, ISO 8601, UTC. */
  when: v.pipe(v.string(), v.isoTimestamp()),
  stack: v.string(),
  versions: v.record(v.string(), v.string()),
  metrics: v.looseObject({
    ...schemasOf(comparedFigures.flatMap((figure) => [figure, intervalOf(figure)])),
    // The comparison takes logarithms.
    ...v.entriesFromList(comparedFigures, v.pipe(v.number(), v.gtValue(0))),
    ...schemasOf(otherFigures),
  }),
  /** What made the run doubtful; empty when nothing did. */
  doubts: v.array(v.string()),
};

/** A run of the former contract: its times are medians, its speed-up is made of them, so it is compared with nothing. */
const formerSchema = v.looseObject({
  record: v.literal("pi-speedup/history/1"),
  ...kept,
  settings: v.object(settings),
});

/** One run as one line of JSON. What later versions add is kept and passed on. */
const entrySchema = v.looseObject({
  record: v.literal("pi-speedup/history/2"),
  ...kept,
  /** Runs with equal ones can be compared. */
  settings: v.object({
    ...settings,
    /** What the image's name stood for, on the workers and the single machine; empty where nothing tells. */
    digest: v.string(),
    python: v.string(),
    /** Which pi.py. */
    program: v.string(),
    kernel: v.string(),
    /** Processors, or boards, of the workers. */
    cpu: v.string(),
    /** The single machine: processor or board, kernel, cores; empty where its seconds were given. */
    host: v.string(),
  }),
  /** The scaling study that came after it; null without one, and in lines of former versions. */
  study: v.optional(v.nullable(keptStudySchema), null),
});
/** One run as it is kept now. */
export type Entry = v.InferOutput<typeof entrySchema>;
/** One run of the former contract. */
export type FormerEntry = v.InferOutput<typeof formerSchema>;
/** One run of the file. */
export type AnyEntry = Entry | FormerEntry;

/** Whether a run is of the former contract, which took medians. */
export const isFormer = (entry: AnyEntry): entry is FormerEntry => entry.record === "pi-speedup/history/1";

/** What is kept of a run. */
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

/** Ends the setting of seconds that were given, and of nothing else: no mode ends so, and no name of a worker holds a blank. */
const givenEnd = " s given";
const baselineSetting = (baseline: SingleMachine) =>
  isMeasured(baseline) ? baseline.mode : `${baseline.seconds}${givenEnd}`;
const wasGiven = ({ baseline }: Entry["settings"]) => baseline.endsWith(givenEnd);

const namesOf = (nodes: readonly NodeRecord[]) => nodes.map(({ node }) => node).sort();
const distinct = (values: readonly string[]) => [...new Set(values)].sort().join(", ");
const processorOf = ({ machine }: Run) => machine.board ?? machine.cpu;
const digestsOf = (nodes: readonly NodeRecord[], baseline: SingleMachine) =>
  [...nodes, ...(isMeasured(baseline) ? [baseline] : [])].flatMap(({ digest }) => digest ?? []);

/** The entry as a line of the file, newline at its end. */
export const lineOf = (entry: AnyEntry) => `${JSON.stringify(entry)}\n`;

/** What the file's text says. */
export interface History {
  /** Oldest first; what was added twice is here once. A run whose study was measured again is here with each of its studies. */
  entries: AnyEntry[];
  /** Lines that can't be read: their numbers, from 1, and why. They stay in the file. */
  faults: { line: number; why: string }[];
}

/** Reads the file's text. */
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

/** The study of a run; null without one. */
const studyOf = (entry: AnyEntry): KeptStudy | null => (isFormer(entry) ? null : entry.study);
const keyOf = (entry: AnyEntry) => `${entry.id}/${studyOf(entry)?.id ?? ""}`;

/** Whether the run, with its study, is among the entries. */
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

/** Runs of equal settings, oldest first; the groups in the order of their latest runs. Runs of the former contract have fewer settings. */
export function groupsOf(entries: readonly AnyEntry[]): AnyEntry[][] {
  const groups = new Map<string, AnyEntry[]>();
  for (const entry of distinctRuns(entries)) {
    const key = JSON.stringify(Object.entries(entry.settings).sort());
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].sort((a, b) => ((a.at(-1)?.when ?? "") < (b.at(-1)?.when ?? "") ? -1 : 1));
}

/** One figure of the latest run against the earlier ones. */
export interface Comparison {
  figure: ComparedFigure;
  latest: number;
  /** How many earlier runs there are that nothing made doubtful and that share no half with another one. */
  earlier: number;
  /** Where noise alone would have put the latest; null where that can't be told. */
  expected: Interval | null;
  /** Smallest change, as a share, that could be told from noise: half of that interval's width on the logarithms; null where there is none. */
  smallest: number | null;
  verdict: "noise" | "lower" | "higher" | "can't tell";
}

/** Chance that noise alone moves any of a run's figures out of its interval. */
const falseAlarms = 0.05;

/**
 * The latest run of a group against those before it, figure by figure. A doubtful run is no reference. Nothing for a group of one, and
 * nothing for runs of the former contract.
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
  // Runs that are equal to the last digit have a spread of 0, and sums that end in another digit.
  if (value < low * (1 - 1e-9)) return "lower";
  return value > high * (1 + 1e-9) ? "higher" : "noise";
}

/** Runs of which no two share a half: from the latest back, each that shares none with those taken. Oldest first. */
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
