// The measurement as text for a terminal: the times, the speed-up of the cluster next to the tutorial's figures, how
// reliable they are, and the verdict. At most 100 columns, without colours: these are added when it is printed.
import stringWidth from "string-width";
import type { Assessment } from "../analysis/assessment.ts";
import { findingText } from "../analysis/checks/finding.ts";
import { betweenSeconds, compactPercent, orDash, plural, seconds, whole } from "../analysis/format.ts";
import { type Run, runsOf } from "../analysis/records.ts";
import type { Scaling } from "../analysis/scaling/study-records.ts";
import { sum } from "../analysis/values.ts";
import { type Figure, honestFigures, tutorialFigures } from "./figures.ts";
import { type MachineTimes, machineTimes } from "./machine-times.ts";
import { questionsOf, tutorialRemark } from "./questions.ts";
import { requirementHeads, requirementRows } from "./requirements.ts";
import { scalingSentences } from "./scaling/text.ts";
import { sizeHeads, sizeRows } from "./sizes.ts";
import { alignRows, type Column, padEnd, printable, shorten, wrap } from "./terminal-text.ts";
import { verdict } from "./verdict.ts";

const columns = 100;
/** If there are more workers than this, they are not listed one by one. */
const manyWorkers = 24;
const barWidth = 7;

/** The whole summary, lines separated by newlines, none at the end. */
export function summarize(measured: Assessment, scaling: Scaling | null = null): string {
  const { notes } = measured;
  return [
    ...wrap(title(measured), columns, "  "),
    "",
    ...times(measured),
    "",
    ...bothTables(measured),
    "",
    ...questions(measured),
    "",
    ...sizes(measured),
    ...notes.flatMap((note) => wrap(printable(`${note.doubtful ? "!" : "·"} ${findingText(note)}`), columns, "  ")),
    ...(notes.length > 0 ? [""] : []),
    ...requirements(measured),
    ...study(scaling),
    ...wrap(printable(verdict(measured).join(" ")), columns),
  ].join("\n");
}

function title({ nodes, baseline, window, metrics: { workers, samplesPerWorker } }: Assessment): string {
  const rounds = nodes[0]?.rounds.length ?? 0;
  const runs = runsOf(nodes, baseline);
  const distinct = (of: (run: Run) => string | number) => [...new Set(runs.map(of))].join(", ");
  const processes = distinct((run) => run.processes);
  const all = sum(nodes.map((node) => node.rounds.length));
  const counted = window.leftOut === 0 ? "" : ` (${all - window.leftOut} of the workers' ${all} count)`;
  return printable(
    `π on ${workers} ${plural(workers, "worker")} and on one machine: ${rounds} timed ${plural(rounds, "round")} of ${whole(samplesPerWorker)} samples${counted}, ${processes} ${processes === "1" ? "process" : "processes"}, Python ${distinct((run) => run.python)}`,
  );
}

const timesColumns: readonly Column[] = [
  { align: "start", most: 24 },
  { align: "end", most: 11 },
  { align: "end", most: 19 },
  { align: "end", most: 11 },
  { align: "end", most: 6 },
  { align: "start", most: barWidth },
];

function times(measured: Assessment): string[] {
  const { workers, single } = machineTimes(measured);
  const longest = Math.max(...workers.map((worker) => worker.mean), single.mean);
  const row = ({ name, mean, interval, median, waited, run }: MachineTimes) => [
    name,
    seconds(mean),
    run === null ? "none" : betweenSeconds(interval),
    orDash(median, seconds),
    orDash(waited, compactPercent),
    bar(mean / longest),
    // Trademark signs and revisions take space and say little.
    run === null ? "given" : (run.machine.board ?? run.machine.cpu).replaceAll(/\((R|TM)\)| Rev [\d.]+$/g, ""),
  ];
  const slowestFirst = workers.toSorted((a, b) => b.mean - a.mean);
  const shown =
    workers.length <= manyWorkers
      ? workers.map(row)
      : [
          ...slowestFirst.slice(0, 10).map(row),
          [`… ${workers.length - 13} between these …`],
          ...slowestFirst.slice(-3).map(row),
        ];
  const rows = [["", "mean", "95 % interval", "median", "waits", "", "machine"], ...shown, row(single)].map((cells) =>
    cells.map(printable),
  );
  // The machine's name gets the space that remains.
  const left = alignRows(rows, timesColumns);
  const width = Math.max(...left.map((line) => stringWidth(line)));
  const room = columns - "  ".length - width - "  ".length;
  const lines = left.map((line, i) => `  ${padEnd(line, width)}  ${shorten(rows[i]?.[6] ?? "", room)}`.trimEnd());
  return lines.toSpliced(1, 0, rule());
}

const rule = () => `  ${"─".repeat(columns - 2)}`;

/** A bar for a share (0 to 1) of the longest time, in eighths of a column. */
function bar(share: number): string {
  const eighths = Math.max(1, Math.round(8 * barWidth * share));
  return "█".repeat(Math.floor(eighths / 8)) + ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
}

const labelled = ({ name, formula }: Figure) => (formula === "" ? name : `${name} ${formula}`);

/** The figures to trust on the left, the tutorial's on the right; below them if there is no room. */
function bothTables(measured: Assessment): string[] {
  const { metrics } = measured;
  const honest = alignRows(
    [
      ["the cluster's speed-up", "", "95 % interval"],
      ...honestFigures(measured).map((figure) => [labelled(figure), figure.value, figure.interval]),
    ],
    [
      { align: "start", most: 34 },
      { align: "end", most: 11 },
      { align: "end", most: 21 },
    ],
  );
  const width = Math.max(...honest.map((line) => stringWidth(line)));
  const tutorial = alignRows(
    [["the tutorial's figures", ""], ...tutorialFigures(metrics).map((figure) => [labelled(figure), figure.value])],
    [
      { align: "start", most: 34 },
      { align: "end", most: 11 },
    ],
  );
  const room = columns - "   │ ".length - width;
  const remark =
    "The linear ratio is not a speed-up, because slower workers increase it. With perfectly equal machines, the speed-up is 1, not N.";
  if (tutorial.some((line) => stringWidth(line) > room)) {
    const [heading = "", ...rows] = honest;
    const whole = "─".repeat(columns - 2);
    return [
      ...[heading, whole, ...rows, "", ...tutorial].map((line) => `  ${line}`),
      ...wrap(`  ${remark}`, columns, "  "),
    ];
  }
  const right = [...tutorial, "", ...wrap(remark, room)];
  const lines = Array.from({ length: Math.max(honest.length, right.length) }, (_, i) =>
    `  ${padEnd(honest[i] ?? "", width)} │ ${right[i] ?? ""}`.trimEnd(),
  );
  return lines.toSpliced(1, 0, `  ${"─".repeat(width)}─┼─${"─".repeat(room)}`);
}

/** Which question each speed-up answers. */
function questions({ metrics }: Assessment): string[] {
  const rows = questionsOf(metrics).map(({ question, whose, formula, value, interval }) => [
    `${question} (${whose})`,
    formula,
    value,
    interval,
  ]);
  const table = alignRows(
    [["Amdahl or Gustafson?", "", "", "95 % interval"], ...rows],
    [
      { align: "start", most: 35 },
      { align: "start", most: 29 },
      { align: "end", most: 9 },
      { align: "end", most: 19 },
    ],
  );
  return [
    ...table.map((line) => `  ${line}`).toSpliced(1, 0, rule()),
    ...wrap(`  ${tutorialRemark(metrics)}`, columns, "  "),
  ];
}

/** The verdict on each condition, and an empty line; nothing if there are none. */
function requirements({ requirements }: Assessment): string[] {
  if (requirements.length === 0) return [];
  const table = alignRows(
    [requirementHeads, ...requirementRows(requirements)],
    [
      { align: "start", most: 46 },
      { align: "start", most: 10 },
      { align: "end", most: 12 },
      { align: "end", most: 22 },
    ],
  );
  return [...table.map((line) => `  ${line}`).toSpliced(1, 0, rule()), ""];
}

/** The results of a scaling study, a line or two per sentence, and an empty line; nothing if there was none. */
function study(scaling: Scaling | null): string[] {
  if (scaling === null) return [];
  return [...scalingSentences(scaling).flatMap((sentence) => wrap(printable(`· ${sentence}`), columns, "  ")), ""];
}

/** The speed-up for jobs of other sizes, and an empty line; nothing if an overhead is unknown. */
function sizes(measured: Assessment): string[] {
  const rows = sizeRows(measured);
  if (rows.length === 0) return [];
  const table = alignRows(
    [sizeHeads, ...rows],
    [
      { align: "start", most: 30 },
      { align: "end", most: 14 },
      { align: "end", most: 12 },
      { align: "end", most: 10 },
      { align: "end", most: 19 },
    ],
  );
  return [...table.map((line) => `  ${line}`).toSpliced(1, 0, rule()), ""];
}
