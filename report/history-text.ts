// Earlier runs as text for a terminal, at most 100 columns. Pure.
import { alignRows, printable, wrap } from "../components/measurement/columns.ts";
import { between, betweenSeconds, orDash, plural, ratio, seconds, whole } from "../components/measurement/figures.ts";
import { type ComparedFigure, type Comparison, compareLatest, type Entry, groupsOf, missingRuns } from "./history.ts";

const columns = 100;
/** Of one group; the others are in the exports. */
const mostListed = 20;

/** All runs by their settings, each group with what its latest run shows. `timeZone`: default this machine's. */
export function historyText(entries: readonly Entry[], timeZone?: string): string {
  const groups = groupsOf(entries);
  if (groups.length === 0) return "There is no earlier run: `npm run up` makes the first.";
  return [
    `${entries.length} ${plural(entries.length, "run")} with ${groups.length} ${groups.length === 1 ? "kind of settings" : "different settings"}, the latest last`,
    ...groups.flatMap((group) => ["", ...groupLines(group, timeZone)]),
  ].join("\n");
}

function groupLines(group: readonly Entry[], timeZone: string | undefined): string[] {
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
    [["  when", "stack", "speed-up", "95 %", "T_max", "T_S", "95 %", "end to end"], ...rows],
    [
      { align: "start", most: 18 },
      { align: "start", most: 10 },
      ...[8, 15, 8, 8, 17, 10].map((most) => ({ align: "end" as const, most })),
    ],
  );
  return [
    ...wrap(printable(title), columns, "  "),
    ...(group.length > listed.length
      ? [`  … ${group.length - listed.length} before these: npm run history -- --csv`]
      : []),
    ...table,
    ...(listed.some(({ doubts }) => doubts.length > 0) ? ["! doubtful by its own honesty notes"] : []),
    ...compareLatest(group).flatMap((comparison) => wrap(comparisonText(comparison), columns, "  ")),
  ];
}

const names: Record<ComparedFigure, string> = {
  throughputSpeedup: "Throughput speed-up",
  tSlowest: "Slowest worker",
  tSingle: "Single machine",
};

function comparisonText(comparison: Comparison): string {
  const { figure, latest, earlier, expected, verdict } = comparison;
  const text = figure === "throughputSpeedup" ? ratio : seconds;
  const start = `${names[figure]} ${text(latest)}:`;
  if (expected === null) {
    const missing = missingRuns(comparison);
    return `${start} can't tell from ${earlier} earlier ${plural(earlier, "run")} of these settings; ${missing} more ${missing === 1 ? "is" : "are"} needed to know what is noise.`;
  }
  const bounds = figure === "throughputSpeedup" ? between(expected, ratio) : betweenSeconds(expected);
  const among = `what ${earlier} earlier runs let expect, ${bounds}`;
  return verdict === "noise"
    ? `${start} no more than noise, within ${among}.`
    : `${start} more than noise, ${verdict} than ${among}.`;
}

function timeText(when: string, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    dateStyle: "short",
    timeStyle: "short",
    ...(timeZone !== undefined && { timeZone }),
  });
  return format.format(new Date(when));
}
