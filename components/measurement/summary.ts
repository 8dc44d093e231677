// The measurement as a text table for people: what was timed, what the tutorial makes of it, and what the
// cluster is worth. At most 100 columns. Pure.
import type { Metrics, SingleMachine } from "./metrics.ts";
import type { NodeRecord } from "./records.ts";

/** The whole summary, lines separated by newlines, none at the end. */
export function summarize(metrics: Metrics, nodes: readonly NodeRecord[], single: SingleMachine): string {
  const { workers, samplesPerWorker, tSingle, tParallel, tSlowest } = metrics;
  const rounds = nodes[0]?.rounds.length ?? 0;
  return [
    `π on ${workers} ${plural(workers, "worker")} and on one machine: ${rounds} timed ${plural(rounds, "round")} of ${whole(samplesPerWorker)} samples each`,
    "",
    ...table([
      ["worker", "seconds a round", "Python", "machine"],
      ...nodes.map(({ node, seconds: median, python, machine }) => [node, seconds(median), python, machine.cpu]),
      [
        `single machine (${single.mode})`,
        seconds(tSingle),
        ...("machine" in single ? [single.python, single.machine.cpu] : ["", "given, not measured here"]),
      ],
    ]),
    "",
    ...table([
      ["as the tutorial computes it", "", ""],
      [
        "speed-up T_S/T_P",
        ratio(metrics.speedup),
        `a perfect cluster of such machines has 1; T_P = ${seconds(tParallel)}`,
      ],
      ["efficiency", ratio(metrics.efficiency), `a perfect cluster has 1/N = ${ratio(1 / workers)}`],
      ["N·T_P", seconds(metrics.combinedTime), "all workers' computing time together"],
      ["N·T_P/T_S", `${ratio(metrics.linearRatio)}×`, "a ratio of times, not a gain: slower workers make it larger"],
    ]),
    "",
    ...table([
      ["what the cluster is worth", "", ""],
      [
        "throughput speed-up",
        ratio(metrics.throughputSpeedup),
        `N·T_S/T_max; ideal ${workers}; T_max = ${seconds(tSlowest)}`,
      ],
      ["throughput efficiency", ratio(metrics.throughputEfficiency), "ideal 1"],
      ["π", metrics.pi.toFixed(6), "of all samples together"],
    ]),
    "",
    verdict(metrics),
  ].join("\n");
}

function verdict({ workers, samplesPerWorker, throughputSpeedup, tSlowest, tSequential }: Metrics): string {
  const work = `${whole(workers * samplesPerWorker)} samples`;
  const times = `${seconds(tSlowest)} against ${seconds(tSequential)}`;
  if (throughputSpeedup > 1) {
    return `The ${workers} workers together do ${work} ${ratio(throughputSpeedup)} times as fast as the single machine: ${times}.`;
  }
  return `The ${workers} workers together do ${work} more slowly than the single machine alone: ${times}.`;
}

const seconds = (value: number) => `${value.toFixed(value < 10 ? 3 : 1)} s`;
const ratio = (value: number) => value.toFixed(2);
const whole = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const plural = (count: number, noun: string) => (count === 1 ? noun : `${noun}s`);

/** Aligns columns; the second holds figures and is aligned to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return rows.map((row) => {
    const cells = row.map((cell, i) => (i === 1 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)));
    return `  ${cells.join("  ")}`.trimEnd().slice(0, 100);
  });
}
