// The measurement as a text table for people: what was timed, what the cluster is worth, what the tutorial makes of
// it, and how far all that can be trusted. At most 100 columns. Pure.
import { judge, type Note } from "./honesty.ts";
import { boundMedian, type Interval, levelReached } from "./intervals.ts";
import type { Metrics, SingleMachine } from "./metrics.ts";
import type { NodeRecord, Run } from "./records.ts";
import { isNonEmpty } from "./sample.ts";

const columns = 100;

export interface Measured {
  nodes: readonly NodeRecord[];
  baseline: SingleMachine;
  metrics: Metrics;
  notes: readonly Note[];
}

/** The whole summary, lines separated by newlines, none at the end. */
export function summarize({ nodes, baseline, metrics, notes }: Measured): string {
  const { workers, samplesPerWorker } = metrics;
  const rounds = nodes[0]?.rounds.length ?? 0;
  return [
    `π on ${workers} ${plural(workers, "worker")} and on one machine: ${rounds} timed ${plural(rounds, "round")} of ${whole(samplesPerWorker)} samples each`,
    "",
    ...table([
      ["", "s a round", intervalTitle(rounds), "processes", "Python", "machine"],
      ...nodes.map((node) => timed(node.node, node)),
      "rounds" in baseline
        ? timed(nameOf(baseline.mode), baseline)
        : ["single machine", seconds(baseline.seconds), "none", "", "", "seconds given, not measured here"],
    ]),
    "",
    ...table([["what the cluster is worth", "", "95 % interval", ""], ...worth(metrics)]),
    "",
    ...table([["as the tutorial computes it", "", ""], ...tutorial(metrics)]),
    "",
    ...notes.flatMap(({ doubtful, text }) => wrap(`${doubtful ? "!" : "·"} ${text}`)),
    ...(notes.length > 0 ? [""] : []),
    ...wrap(`${whatToBelieve(metrics)} ${judge(notes)}`),
  ].join("\n");
}

function intervalTitle(rounds: number): string {
  const level = levelReached(rounds);
  return level >= 0.95 ? `${(100 * level).toFixed(1)} % interval` : "interval";
}

function timed(name: string, { seconds: median, rounds, processes, python, machine }: Run): string[] {
  const times = rounds.map((round) => round.seconds);
  const bounds = isNonEmpty(times) ? boundMedian(times) : null;
  const interval = between(bounds && [bounds.low, bounds.high], (value) => value.toFixed(3));
  return [name, seconds(median), interval, String(processes), python, machine.cpu];
}

function nameOf(mode: string): string {
  return mode.startsWith("worker:") ? `${mode.slice("worker:".length)}, alone` : `single machine (${mode})`;
}

function worth(metrics: Metrics): string[][] {
  const { workers, overhead, endToEndSpeedup, breakEvenSeconds, karpFlatt } = metrics;
  return [
    [
      "throughput speed-up N·T_S/T_max",
      ratio(metrics.throughputSpeedup),
      between(metrics.throughputSpeedupCI95, ratio),
      `all together; ideal ${workers}`,
    ],
    ["  its efficiency", ratio(metrics.throughputEfficiency), "", "ideal 1"],
    [
      "  slowest worker T_max",
      seconds(metrics.tSlowest),
      between(metrics.tSlowestCI95, seconds),
      "the others wait for it",
    ],
    ["  with work divided by speed", ratio(metrics.balancedSpeedup), "", `imbalance ${percent(metrics.imbalance)}`],
    ["  serial fraction (Karp–Flatt)", orDash(karpFlatt, ratio), "", "0 is ideal; below it: superlinear"],
    ["  overhead", orDash(overhead, seconds), "", partsOf(metrics)],
    ["end-to-end speed-up", orDash(endToEndSpeedup, ratio), "", "of one round, overhead included"],
    ["break-even", orDash(breakEvenSeconds, seconds), "", "on one machine: longer jobs gain"],
    [
      "π",
      metrics.pi.toFixed(6),
      `± ${(1.96 * metrics.piStandardError).toFixed(6)}`,
      metrics.piDeviation === null ? "" : `${Math.abs(metrics.piDeviation).toFixed(1)} standard errors off`,
    ],
  ];
}

/** What the overhead is made of; good to a second, since Kubernetes stamps whole ones. */
function partsOf({ overhead, overheadParts: { scheduling, start, other } }: Metrics): string {
  if (overhead === null) return "unknown: clocks contradict";
  const part = (value: number | null) => orDash(value, (known) => `${known.toFixed(1)} s`);
  return `scheduling ${part(scheduling)}, start ${part(start)}, other ${part(other)}; ± 1 s`;
}

function tutorial(metrics: Metrics): string[][] {
  const { workers, tSingle, tParallel } = metrics;
  return [
    [
      "speed-up T_S/T_P",
      ratio(metrics.speedup),
      `${seconds(tSingle)} / ${seconds(tParallel)}; a perfect cluster of equal machines has 1`,
    ],
    ["efficiency", ratio(metrics.efficiency), `a perfect cluster has 1/N = ${ratio(1 / workers)}`],
    ["N·T_P", seconds(metrics.combinedTime), "all workers' computing time together"],
    ["N·T_P/T_S", `${ratio(metrics.linearRatio)}×`, "a ratio of times, not a gain: slower workers make it larger"],
  ];
}

/** The number to believe, in a sentence or two. */
function whatToBelieve(metrics: Metrics): string {
  const { workers, samplesPerWorker, throughputSpeedup, throughputSpeedupCI95, tSlowest, tSequential } = metrics;
  const work = `${whole(workers * samplesPerWorker)} samples`;
  const times = `${seconds(tSlowest)} against ${seconds(tSequential)}`;
  const [low, high] = throughputSpeedupCI95 ?? [throughputSpeedup, throughputSpeedup];
  const who = `${workers === 1 ? "The one worker does" : `The ${workers} workers together do`} ${work}`;
  const figure = `throughput speed-up ${ratio(throughputSpeedup)}; the ${ratio(metrics.linearRatio)}× above is none`;
  if (low > 1) return `${who} faster than the single machine: ${times} (${figure}).`;
  if (high < 1) return `${who} more slowly than the single machine alone: ${times} (${figure}).`;
  return `${who} in ${times}: whether that is a gain these rounds can't tell (${figure}).`;
}

const seconds = (value: number) => `${value.toFixed(value < 10 ? 3 : 1)} s`;
const ratio = (value: number) => value.toFixed(2);
const percent = (value: number) => `${(100 * value).toFixed(0)} %`;
const whole = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const plural = (count: number, noun: string) => (count === 1 ? noun : `${noun}s`);
const orDash = (value: number | null, text: (value: number) => string) => (value === null ? "–" : text(value));
const between = (interval: Interval | null, text: (value: number) => string) =>
  interval === null ? "–" : `${text(interval[0])} – ${text(interval[1])}`;

/** Aligns columns: the first and the last to the left, those between, mostly figures, to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const width = widths[i] ?? 0;
      return i > 0 && i < row.length - 1 ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join("  ")}`.trimEnd().slice(0, columns);
  });
}

/** Breaks text between words; all lines but the first are indented. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(line === undefined ? word : `  ${word}`);
  }
  return lines;
}
