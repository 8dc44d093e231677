// Earlier runs as text for a terminal, at most 100 columns wide.
import {
  between,
  betweenSeconds,
  compactPercent,
  orDash,
  plural,
  ratio,
  seconds,
  smallShare,
  whole,
} from "../../analysis/format.ts";
import { fewest } from "../prediction.ts";
import { alignRows, printable, wrap } from "../terminal-text.ts";
import {
  type AnyEntry,
  type ComparedFigure,
  type Comparison,
  compareLatest,
  distinctRuns,
  groupsOf,
  isFormer,
} from "./entries.ts";

import { againstFormer, type Studied, studyGroups } from "./study-groups.ts";
import { changeSentences, studyTitle } from "./study-text.ts";

const columns = 100;
/** Per group. The exports contain the others. */
const mostListed = 20;

/**
 * All runs by their settings. Each group ends with the comparison of its latest run. Studies follow in the same way.
 * `timeZone`: default this machine's.
 */
export function historyText(entries: readonly AnyEntry[], timeZone?: string): string {
  const groups = groupsOf(entries);
  if (groups.length === 0) return "There is no earlier run. Use `npm run up` for the first one.";
  const runs = distinctRuns(entries).length;
  return [
    `${runs} ${plural(runs, "run")} with ${groups.length} ${plural(groups.length, "kind of settings", "different settings")}, the latest last.`,
    "S: throughput speed-up; T_max: slowest worker; T_S: single machine; S_end: end-to-end speed-up.",
    ...groups.flatMap((group) => ["", ...groupLines(group, timeZone)]),
    ...studyGroups(entries).flatMap((group) => ["", ...studyLines(group, timeZone)]),
  ].join("\n");
}

function groupLines(group: readonly AnyEntry[], timeZone: string | undefined): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { workers, image, samples, rounds, processes, baseline } = first.settings;
  const title = `${workers} ${plural(workers, "worker")}, ${rounds} × ${whole(samples)} samples, ${processes} ${processes === 1 ? "process" : "processes"}, ${image}, against ${baseline}`;
  const listed = group.slice(-mostListed);
  const rows = listed.map(({ when, stack, metrics, doubts }) => [
    `${doubts.length > 0 ? "!" : " "} ${timeText(when, timeZone)}`,
    printable(stack),
    ratio(metrics.throughputSpeedup),
    between(metrics.throughputSpeedupCI95, ratio),
    seconds(metrics.tSlowest),
    seconds(metrics.tSingle),
    betweenSeconds(metrics.tSingleCI95),
    orDash(metrics.endToEndSpeedup, ratio),
  ]);
  const table = alignRows(
    [["  when", "stack", "S", "95 %", "T_max", "T_S", "95 %", "S_end"], ...rows],
    [
      { align: "start", most: 18 },
      { align: "start", most: 8 },
      ...[6, 13, 9, 9, 17, 6].map((most) => ({ align: "end" as const, most })),
    ],
  );
  return [
    ...wrap(printable(title), columns, "  "),
    ...wrap(printable(made(first)), columns, "    "),
    ...(group.length > listed.length
      ? [`  … ${group.length - listed.length} before these: npm run history -- --csv`]
      : []),
    ...table,
    ...(listed.some(({ doubts }) => doubts.length > 0) ? ["! doubtful, so no other run is compared with it"] : []),
    ...(isFormer(first) ? [] : comparisonLines(compareLatest(group), group.at(-1))),
  ];
}

/** What else the runs of a group have in common, with or without the single machine. */
function made(entry: AnyEntry, withSingle = true): string {
  if (isFormer(entry)) return "  From an earlier version, which used medians. It is not compared with other runs.";
  const { python, program, kernel, cpu, digest, host } = entry.settings;
  const image = digest === "" ? "" : `, image ${digest.slice(0, 30)}`;
  const single = host === "" || !withSingle ? "" : `; single machine: ${host}`;
  return `  ${cpu}, kernel ${kernel}, Python ${python}, pi.py ${program.slice(0, 8)}${image}${single}`;
}

/** Studies with the same settings, one per line, and the comparison of the latest with the previous one. */
function studyLines(group: readonly Studied[], timeZone: string | undefined): string[] {
  const latest = group.at(-1);
  if (latest === undefined) return [];
  const { samples, rounds, image } = latest.entry.settings;
  const listed = group.slice(-mostListed);
  const rows = listed.map(({ entry, study }) => [
    `${study.doubtful > 0 ? "!" : " "} ${timeText(study.when, timeZone)}`,
    printable(entry.stack),
    `${study.blocks.length} ×`,
    study.law === null ? "none" : study.law.name.replace("Universal Scalability Law", "USL"),
    orDash(study.law?.coefficient ?? null, smallShare),
    between(study.law?.interval ?? null, smallShare),
    orDash(study.throughput?.speedup ?? null, ratio),
    between(study.throughput?.interval ?? null, ratio),
    ratio(study.bound),
  ]);
  const table = alignRows(
    [["  when", "stack", "each", "law", "s or α", "95 %", "most", "95 %", "cores"], ...rows],
    [
      { align: "start", most: 18 },
      { align: "start", most: 8 },
      { align: "end", most: 4 },
      { align: "start", most: 9 },
      ...[7, 17, 5, 11, 5].map((most) => ({ align: "end" as const, most })),
    ],
  );
  return [
    ...wrap(printable(`${studyTitle(latest.study)}: ${rounds} × ${whole(samples)} samples, ${image}`), columns, "  "),
    ...wrap(printable(made(latest.entry, false)), columns, "    "),
    ...(group.length > listed.length
      ? [`  … ${group.length - listed.length} before these: npm run history -- --csv`]
      : []),
    ...table,
    ...(listed.some(({ study }) => study.doubtful > 0)
      ? ["! with doubtful points, so no other study is compared with it"]
      : []),
    ...(latest.study.reason === null || latest.study.law !== null
      ? []
      : wrap(printable(`No law is fitted to the latest study. ${latest.study.reason}`), columns, "  ")),
    ...changeSentences(latest, againstFormer(group, latest), (when) => timeText(when, timeZone)).flatMap((sentence) =>
      wrap(printable(sentence), columns, "  "),
    ),
  ];
}

const names: Record<ComparedFigure, string> = {
  throughputSpeedup: "Throughput speed-up",
  tSlowest: "Slowest worker",
  tSingle: "Single machine",
};

function comparisonLines(comparisons: readonly Comparison[], latest: AnyEntry | undefined): string[] {
  const [first] = comparisons;
  if (first === undefined) return [];
  const doubt =
    (latest?.doubts.length ?? 0) > 0 ? ["The latest run is doubtful. The disturbance may be the only difference."] : [];
  if (first.expected === null) {
    const { earlier } = first;
    const missing = fewest - earlier;
    return [
      ...doubt,
      ...wrap(
        `Noise and change cannot be distinguished yet. The latest run can be compared with ${earlier} earlier ${plural(earlier, "run")}, and ${missing} more ${plural(missing, "is", "are")} needed.`,
        columns,
        "  ",
      ),
    ];
  }
  return [...doubt, ...comparisons.flatMap((comparison) => wrap(comparisonText(comparison), columns, "  "))];
}

function comparisonText({ figure, latest, earlier, expected, smallest, verdict }: Comparison): string {
  const bounds = figure === "throughputSpeedup" ? between(expected, ratio) : betweenSeconds(expected);
  const start = `${names[figure]}: ${figure === "throughputSpeedup" ? ratio(latest) : seconds(latest)}.`;
  const expectation = `expected from ${earlier} earlier runs (${bounds})`;
  if (verdict !== "noise") return `${start} This is ${verdict} than ${expectation}, by more than noise.`;
  return `${start} This is as ${expectation}. A change below ± ${percent(smallest ?? 0)} cannot be detected.`;
}

/** Runs on an idle machine differ by less than a percent, so tenths are shown, rounded up to be safe. */
const percent = (share: number) =>
  share < 0.1 ? `${(Math.ceil(1000 * share) / 10).toFixed(1)} %` : compactPercent(share);

function timeText(when: string, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    dateStyle: "short",
    timeStyle: "short",
    ...(timeZone !== undefined && { timeZone }),
  });
  return format.format(new Date(when));
}
