// The measurement as text for a terminal: what was timed, what the cluster is worth beside what the tutorial makes of it,
// how far all that can be trusted, and the verdict. At most 100 columns, plain: colours are added where it is printed.
import stringWidth from "string-width";
import type { Assessment } from "../analysis/assessment.ts";
import { betweenSeconds, plural, seconds, whole } from "../analysis/format.ts";
import { levelReached } from "../analysis/intervals.ts";
import { isMeasured, type Run, runsOf } from "../analysis/records.ts";
import { roundInterval } from "../analysis/round-times.ts";
import { type Figure, honestFigures, tutorialFigures } from "./figures.ts";
import { singleMachineName } from "./single-machine.ts";
import { alignRows, type Column, padEnd, printable, shorten, wrap } from "./terminal-text.ts";
import { verdict } from "./verdict.ts";

const columns = 100;
/** More workers than this are not listed one by one. */
const manyWorkers = 24;
const barWidth = 16;

/** The whole summary, lines separated by newlines, none at the end. */
export function summarize(measured: Assessment): string {
  const { notes } = measured;
  return [
    ...wrap(title(measured), columns, "  "),
    "",
    ...times(measured),
    "",
    ...sideBySide(measured),
    "",
    ...notes.flatMap(({ doubtful, text }) => wrap(printable(`${doubtful ? "!" : "·"} ${text}`), columns, "  ")),
    ...(notes.length > 0 ? [""] : []),
    ...wrap(printable(verdict(measured).join(" ")), columns),
  ].join("\n");
}

function title({ nodes, baseline, metrics: { workers, samplesPerWorker } }: Assessment): string {
  const rounds = nodes[0]?.rounds.length ?? 0;
  const runs = runsOf(nodes, baseline);
  const distinct = (of: (run: Run) => string | number) => [...new Set(runs.map(of))].join(", ");
  const processes = distinct((run) => run.processes);
  return printable(
    `π on ${workers} ${plural(workers, "worker")} and on one machine: ${rounds} timed ${plural(rounds, "round")} of ${whole(samplesPerWorker)} samples, ${processes} ${processes === "1" ? "process" : "processes"}, Python ${distinct((run) => run.python)}`,
  );
}

const timesColumns: readonly Column[] = [
  { align: "start", most: 31 },
  { align: "end", most: 11 },
  { align: "end", most: 19 },
  { align: "start", most: barWidth },
];

function times({ nodes, baseline }: Assessment): string[] {
  const longest = Math.max(...nodes.map((node) => node.seconds), baseline.seconds);
  const row = (name: string, run: Run) => [
    name,
    seconds(run.seconds),
    betweenSeconds(roundInterval(run)),
    bar(run.seconds / longest),
    // Marks of ownership take room and tell nothing.
    run.machine.cpu.replaceAll(/\((R|TM)\)/g, ""),
  ];
  const single = isMeasured(baseline)
    ? row(singleMachineName(baseline), baseline)
    : ["single machine", seconds(baseline.seconds), "none", bar(baseline.seconds / longest), "seconds given"];
  const slowestFirst = nodes.toSorted((a, b) => b.seconds - a.seconds);
  const shown =
    nodes.length <= manyWorkers
      ? nodes.map((node) => row(node.node, node))
      : [
          ...slowestFirst.slice(0, 10).map((node) => row(node.node, node)),
          [`… ${nodes.length - 13} workers between these …`],
          ...slowestFirst.slice(-3).map((node) => row(node.node, node)),
        ];
  const rows = [["", "a round", intervalTitle(nodes[0]?.rounds.length ?? 0), "", "machine"], ...shown, single].map(
    (cells) => cells.map(printable),
  );
  // The machine's name has what room the others leave.
  const left = alignRows(rows, timesColumns);
  const width = Math.max(...left.map((line) => stringWidth(line)));
  const room = columns - "  ".length - width - "  ".length;
  const lines = left.map((line, i) => `  ${padEnd(line, width)}  ${shorten(rows[i]?.[4] ?? "", room)}`.trimEnd());
  return lines.toSpliced(1, 0, `  ${"─".repeat(columns - 2)}`);
}

function intervalTitle(rounds: number): string {
  const level = levelReached(rounds);
  return level >= 0.95 ? `${(100 * level).toFixed(1)} % interval` : "interval";
}

/** A bar for a share (0 to 1) of the longest time, in eighths of a place. */
function bar(share: number): string {
  const eighths = Math.max(1, Math.round(8 * barWidth * share));
  return "█".repeat(Math.floor(eighths / 8)) + ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
}

const labelled = ({ name, formula }: Figure) => (formula === "" ? name : `${name} ${formula}`);

/** The honest figures to the left of the tutorial's. */
function sideBySide({ metrics }: Assessment): string[] {
  const honest = alignRows(
    [
      ["what the cluster is worth", "", "95 % interval"],
      ...honestFigures(metrics).map((figure) => [labelled(figure), figure.value, figure.interval]),
    ],
    [
      { align: "start", most: 31 },
      { align: "end", most: 11 },
      { align: "end", most: 21 },
    ],
  );
  const width = Math.max(...honest.map((line) => stringWidth(line)));
  const room = columns - "   │ ".length - width;
  const tutorial = alignRows(
    [["the tutorial's figures", ""], ...tutorialFigures(metrics).map((figure) => [labelled(figure), figure.value])],
    [
      { align: "start", most: room - 13 },
      { align: "end", most: 11 },
    ],
  );
  const remark = `${tutorialFigures(metrics)[0]?.meaning}. With perfect equal machines the speed-up is 1, not N.`;
  const right = [...tutorial, "", ...wrap(`The first is ${remark}`, room)];
  const lines = Array.from({ length: Math.max(honest.length, right.length) }, (_, i) =>
    `  ${padEnd(honest[i] ?? "", width)} │ ${right[i] ?? ""}`.trimEnd(),
  );
  return lines.toSpliced(1, 0, `  ${"─".repeat(width)}─┼─${"─".repeat(room)}`);
}
