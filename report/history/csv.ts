import { printable } from "../../analysis/printable.js";
import { type AnyEntry, comparedFigures, intervalOf, isFormer, otherFigures } from "./entries.ts";

/** Settings that runs of the former contract do not tell. */
const madeWith = ["digest", "python", "program", "kernel", "cpu", "host"] as const;

/** Comma-separated, by RFC 4180: a head line, then a line for each run; empty where a figure is unknown. */
export function csvOf(entries: readonly AnyEntry[]): string {
  const heads = [
    ...["id", "when", "stack", "workers", "image", "samples", "rounds", "processes", "baseline"],
    ...madeWith,
    ...comparedFigures.flatMap((figure) => [figure, `${figure}Low`, `${figure}High`]),
    ...otherFigures,
    "statistic",
    "doubts",
  ];
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
      isFormer(entry) ? "medians" : "means",
      doubts.join("; "),
    ];
  });
  return [heads, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string | number | null): string {
  // A quoted cell may hold line breaks, and text that a spreadsheet would take for a formula is marked as text.
  const whole = value === null ? "" : String(value).split("\n").map(printable).join("\n");
  const text = typeof value === "string" && /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(whole) ? `'${whole}` : whole;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
