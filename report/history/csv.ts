import { printable } from "../../analysis/printable.js";
import { type AnyEntry, comparedFigures, intervalOf, isFormer, otherFigures } from "./entries.ts";
import type { KeptStudy, StudyFigure } from "./studies.ts";
import { againstFormer, type Studied, studyGroups } from "./study-groups.ts";

/** Settings that runs of the earlier format lack. */
const madeWith = ["digest", "python", "program", "kernel", "cpu", "host"] as const;

/** Figures of a study that may be compared with those of the previous one. */
const studyFigures = ["s", "alpha", "beta", "waits", "throughput"] as const satisfies readonly StudyFigure[];
const studyHeads = [
  ...["study", "studyWhen", "studyKind", "studyCounts", "studyBlocks", "studyDoubtful", "studyLaw"],
  ...["studyCoefficient", "studyCoefficientLow", "studyCoefficientHigh"],
  ...["studyExchange", "studyExchangeLow", "studyExchangeHigh"],
  ...["studyWaits", "studyWaitsLow", "studyWaitsHigh"],
  ...["studyThroughput", "studyThroughputLow", "studyThroughputHigh", "studyBound", "studyReason", "studyAgainst"],
  ...studyFigures.flatMap((figure) => ["Change", "ChangeLow", "ChangeHigh"].map((part) => `${figure}${part}`)),
  "studyNotCompared",
];

/** A study, and its changes from the previous one; empty if there is none. */
function studyCells(study: KeptStudy | null, groups: readonly Studied[][]): (string | number | null)[] {
  const group = groups.find((each) => each.some((studied) => studied.study.id === study?.id));
  const studied = group?.find((each) => each.study.id === study?.id);
  if (study === null || group === undefined || studied === undefined) return studyHeads.map(() => null);
  const { law, waits, throughput } = study;
  const against = againstFormer(group, studied);
  const { changes, obstacles } =
    against.former === null ? { changes: [], obstacles: [against.why] } : against.comparison;
  const ends = (interval: readonly [number, number] | null | undefined) => interval ?? [null, null];
  return [
    ...[study.id, study.when, study.kind, study.counts.join(" "), study.blocks.length, study.doubtful],
    ...[law?.name ?? null, law?.coefficient ?? null, ...ends(law?.interval)],
    ...[law?.exchange?.coefficient ?? null, ...ends(law?.exchange?.interval)],
    ...[waits?.coefficient ?? null, ...ends(waits?.interval)],
    ...[throughput?.speedup ?? null, ...ends(throughput?.interval), study.bound, study.reason],
    against.former?.study.id ?? null,
    ...studyFigures.flatMap((figure) => {
      const change = changes.find((each) => each.figure === figure);
      return [change?.change ?? null, ...ends(change?.interval)];
    }),
    obstacles.join(" "),
  ];
}

/** Comma-separated values by RFC 4180: a header line, then one line per run; empty cells for unknown figures. */
export function csvOf(entries: readonly AnyEntry[]): string {
  const heads = [
    ...["id", "when", "stack", "workers", "image", "samples", "rounds", "processes", "baseline"],
    ...madeWith,
    ...comparedFigures.flatMap((figure) => [figure, `${figure}Low`, `${figure}High`]),
    ...otherFigures,
    ...studyHeads,
    "statistic",
    "doubts",
  ];
  const groups = studyGroups(entries);
  const rows = entries.map((entry) => {
    const { id, when, stack, settings, metrics, doubts } = entry;
    return [
      id,
      when,
      stack,
      settings.workers,
      settings.image,
      settings.samples,
      settings.rounds,
      settings.processes,
      settings.baseline,
      ...madeWith.map((name) => (isFormer(entry) ? null : entry.settings[name])),
      ...comparedFigures.flatMap((figure) => [metrics[figure], ...(metrics[intervalOf(figure)] ?? [null, null])]),
      ...otherFigures.map((figure) => metrics[figure]),
      ...studyCells(isFormer(entry) ? null : entry.study, groups),
      isFormer(entry) ? "medians" : "means",
      doubts.join("; "),
    ];
  });
  return [heads, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string | number | null): string {
  // A quoted cell may contain line breaks. Text that a spreadsheet would read as a formula is marked as text.
  const whole = value === null ? "" : String(value).split("\n").map(printable).join("\n");
  const text = typeof value === "string" && /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(whole) ? `'${whole}` : whole;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
