// The measurement as Markdown, for the stack's page in Pulumi Cloud: the same figures, notes and verdict as the summary.

import type { Assessment } from "../analysis/assessment.ts";
import { betweenSeconds, plural, seconds, whole } from "../analysis/format.ts";
import { isMeasured, type Run } from "../analysis/records.ts";
import { roundInterval } from "../analysis/round-times.ts";
import { type Figure, honestFigures, tutorialFigures } from "./figures.ts";
import { singleMachineName } from "./single-machine.ts";
import { printable } from "./terminal-text.ts";
import { verdict } from "./verdict.ts";

/** The whole page, lines separated by newlines, none at the end. */
export function readmeOf(measured: Assessment): string {
  const { nodes, baseline, metrics, notes } = measured;
  const { workers, samplesPerWorker } = metrics;
  const rounds = nodes[0]?.rounds.length ?? 0;
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
    ...figures("What the cluster is worth", honestFigures(metrics)),
    "",
    ...figures("As the tutorial computes it", tutorialFigures(metrics)),
    "",
    ...notes.map(({ doubtful, text }) => `- ${doubtful ? "⚠️ " : ""}${escaped(text)}`),
    ...(notes.length > 0 ? [""] : []),
    ...table(
      [
        `${rounds} timed ${plural(rounds, "round")} of ${whole(samplesPerWorker)} samples`,
        "a round",
        "95 % interval",
        "",
      ],
      [
        ...nodes.map((node) => timed(node.node, node)),
        isMeasured(baseline)
          ? timed(singleMachineName(baseline), baseline)
          : ["single machine", seconds(baseline.seconds), "none", "seconds given, not measured here"],
      ],
    ),
  ].join("\n");
}

function timed(name: string, run: Run): string[] {
  const { machine, python } = run;
  return [name, seconds(run.seconds), betweenSeconds(roundInterval(run)), `${machine.cpu}, Python ${python}`];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  return [line(heads), "| --- | ---: | ---: | --- |", ...rows.map(line)];
}

/** Text that means itself: no markup, no HTML, no link, and no `${outputs.…}`, which Pulumi Cloud would fill in but for the backslash. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/https?:|www\./g, (start) => start.replace(/.$/, (end) => `&#${end.charCodeAt(0)};`))
    .replaceAll(/[\\`*_{}[\]#|~!@]/g, "\\$&");
}
