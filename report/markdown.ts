// The measurement as Markdown, for the stack's page in Pulumi Cloud: the same figures, notes and verdict as in the
// summary.
import type { Assessment } from "../analysis/assessment.ts";
import { findingText } from "../analysis/checks/finding.ts";
import { betweenSeconds, compactPercent, orDash, plural, seconds, whole } from "../analysis/format.ts";
import type { Scaling } from "../analysis/scaling/study-records.ts";
import { type Figure, honestFigures, tutorialFigures } from "./figures.ts";
import { type MachineTimes, machineTimes } from "./machine-times.ts";
import { questionsOf, tutorialRemark } from "./questions.ts";
import { requirementHeads, requirementRows } from "./requirements.ts";
import { scalingSentences } from "./scaling/text.ts";
import { sizeHeads, sizeRows } from "./sizes.ts";
import { printable } from "./terminal-text.ts";
import { verdict } from "./verdict.ts";

/** The whole page, lines separated by newlines, none at the end. */
export function readmeOf(measured: Assessment, scaling: Scaling | null = null): string {
  const { nodes, metrics, notes, window, requirements } = measured;
  const { workers, samplesPerWorker } = metrics;
  const rounds = nodes[0]?.rounds.length ?? 0;
  const { workers: times, single } = machineTimes(measured);
  const sizes = sizeRows(measured);
  const figures = (title: string, all: readonly Figure[]) =>
    table(
      [title, "", "95 % interval", ""],
      all.map(({ name, formula, value, interval, meaning }) => [
        formula === "" ? name : `${name} ${formula}`,
        value,
        interval,
        meaning,
      ]),
    );
  return [
    `# π on ${workers} ${plural(workers, "worker")}`,
    "",
    `**${verdict(measured).map(escaped).join(" ")}**`,
    "",
    ...figures("The cluster's speed-up", honestFigures(measured)),
    "",
    ...figures("As the tutorial computes it", tutorialFigures(metrics)),
    "",
    ...table(
      ["Amdahl or Gustafson?", "", "95 % interval", ""],
      questionsOf(metrics).map(({ question, whose, formula, value, interval }) => [
        `${question} (${whose})`,
        value,
        interval,
        formula,
      ]),
    ),
    "",
    escaped(tutorialRemark(metrics)),
    "",
    ...(sizes.length > 0 ? [...table(sizeHeads, sizes), ""] : []),
    ...(requirements.length > 0 ? [...table(requirementHeads, requirementRows(requirements)), ""] : []),
    ...(scaling === null ? [] : [...scalingSentences(scaling).map((sentence) => `- ${escaped(sentence)}`), ""]),
    ...notes.map((note) => `- ${note.doubtful ? "⚠️ " : ""}${escaped(findingText(note))}`),
    ...(notes.length > 0 ? [""] : []),
    ...table(
      [
        `${rounds} timed ${plural(rounds, "round")} of ${whole(samplesPerWorker)} samples${window.leftOut === 0 ? "" : `, ${window.leftOut} of all workers' left out`}`,
        "mean",
        "95 % interval",
        "median",
        "waits",
        "machine",
      ],
      [...times.map(timed), timed(single)],
    ),
  ].join("\n");
}

function timed({ name, mean, interval, median, waited, run }: MachineTimes): string[] {
  return [
    name,
    seconds(mean),
    run === null ? "none" : betweenSeconds(interval),
    orDash(median, seconds),
    orDash(waited, compactPercent),
    run === null ? "seconds given, not measured here" : `${run.machine.board ?? run.machine.cpu}, Python ${run.python}`,
  ];
}

/** The columns between the first and the last contain numbers. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  const rule = heads.map((_, i) => (i === 0 || i === heads.length - 1 ? "---" : "---:"));
  return [line(heads), `| ${rule.join(" | ")} |`, ...rows.map(line)];
}

/**
 * Literal text: no markup, no HTML, no link, and no `${outputs.…}`, which Pulumi Cloud would replace without the
 * backslash.
 */
function escaped(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/https?:|www\./g, (start) => start.replace(/.$/, (end) => `&#${end.charCodeAt(0)};`))
    .replaceAll(/[\\`*_{}[\]#|~!@]/g, "\\$&");
}
