import { printable } from "../../analysis/printable.js";
import { comparedFigures, type Entry, intervalOf, otherFigures } from "./entries.ts";

/** Comma-separated, by RFC 4180: a head line, then a line for each run; empty where a figure is unknown. */
export function csvOf(entries: readonly Entry[]): string {
  const heads = [
    ...["id", "when", "stack", "workers", "image", "samples", "rounds", "processes", "baseline"],
    ...comparedFigures.flatMap((figure) => [figure, `${figure}Low`, `${figure}High`]),
    ...otherFigures,
    "doubts",
  ];
  const rows = entries.map(({ id, when, stack, settings, metrics, doubts }) => [
    id,
    when,
    stack,
    settings.workers,
    settings.image,
    settings.samples,
    settings.rounds,
    settings.processes,
    settings.baseline,
    ...comparedFigures.flatMap((figure) => [metrics[figure], ...(metrics[intervalOf(figure)] ?? [null, null])]),
    ...otherFigures.map((figure) => metrics[figure]),
    doubts.join("; "),
  ]);
  return [heads, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string | number | null): string {
  // A quoted cell may hold line breaks.
  const text = value === null ? "" : String(value).split("\n").map(printable).join("\n");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
