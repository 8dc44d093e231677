// The speed-up of the workers, and its limit.
import * as Plot from "@observablehq/plot";
import type { Assessment } from "../../../analysis/assessment.ts";
import { between, orDash, ratio } from "../../../analysis/format.ts";
import { singleSubject } from "../../single-machine.ts";
import type { Chart, Frame } from "./chart.ts";
import { workersAxis } from "./over-workers.ts";

interface Mark {
  text: string;
  value: number;
  symbol: "circle" | "diamond2" | "triangle2" | "times";
  colour: string;
}

/** The speed-ups of one run in one picture, with the ideal and the bound. */
export function speedUpChart({ baseline, metrics }: Assessment): Chart {
  const { workers, throughputSpeedup, throughputSpeedupCI95, balancedSpeedup, endToEndSpeedup, linearRatio } = metrics;
  const { fixedSizeSpeedup, makespanSpeedup, throughputSpeedupBound: bound } = metrics;
  const marks: Mark[] = [
    { text: "throughput", value: throughputSpeedup, symbol: "circle", colour: "var(--worker)" },
    { text: "work by speed", value: balancedSpeedup, symbol: "diamond2", colour: "var(--ideal)" },
    ...(endToEndSpeedup === null
      ? []
      : [{ text: "end to end", value: endToEndSpeedup, symbol: "triangle2" as const, colour: "var(--start)" }]),
    { text: "tutorial's", value: linearRatio, symbol: "times", colour: "var(--tutorial)" },
  ];
  const subject = singleSubject(baseline);
  const values: [name: string, value: string, interval: string, meaning: string][] = [
    ["Throughput speed-up", ratio(throughputSpeedup), between(throughputSpeedupCI95, ratio), "all workers together"],
    ["The same by wall clocks", orDash(makespanSpeedup, ratio), "–", "from the first start to the last end"],
    ["With work divided by speed", ratio(balancedSpeedup), "–", "the same workers, without waiting for the slowest"],
    [
      "End-to-end speed-up",
      orDash(endToEndSpeedup, ratio),
      between(metrics.endToEndSpeedupCI95, ratio),
      "one round, including the overhead of both sides",
    ],
    [
      "The same work divided",
      orDash(fixedSizeSpeedup, ratio),
      between(metrics.fixedSizeSpeedupCI95, ratio),
      "one share of work, including the overhead of both sides",
    ],
    ["Ideal", ratio(workers), "–", `every worker is as fast as ${subject}`],
    [
      "Bound of the hosts' cores",
      orDash(bound, ratio),
      "–",
      bound === null ? "the single machine is not one of these hosts" : "the most that they allow",
    ],
    ["The tutorial's ratio", `${ratio(linearRatio)}×`, "–", "a ratio of times, not a speed-up"],
  ];
  return {
    id: "speed-up",
    title: "Speed-up of all workers",
    description: `The ${workers === 1 ? "worker is" : `${workers} workers together are`} ${ratio(throughputSpeedup)} times as fast as ${subject} (${throughputSpeedupCI95 === null ? "without an interval" : `95 % interval ${between(throughputSpeedupCI95, ratio)}`}). The ideal is ${workers}.${
      bound === null || bound >= workers
        ? ""
        : ` The cores of the hosts allow at most ${ratio(bound)}, and the interval ends there.`
    } Below 1, ${subject} alone is faster.`,
    legend: [
      { sign: "line ideal", text: "ideal" },
      ...(bound === null ? [] : [{ sign: "line ceiling", text: "bound of the hosts' cores" }]),
      { sign: "line single", text: subject },
    ],
    width: 540,
    draw: (frame) => plot(marks, throughputSpeedupCI95, workers, bound, frame),
    table: { caption: "Speed-up", heads: ["Figure", "Value", "95 % interval", "Meaning"], rows: values },
  };
}

/** Moves labels apart, lowest first, so that they do not overlap. */
export function spread(positions: readonly number[], gap: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => (positions[b] ?? 0) - (positions[a] ?? 0));
  const placed = [...positions];
  let above = Number.POSITIVE_INFINITY;
  for (const i of order) {
    placed[i] = Math.min(placed[i] ?? 0, above - gap);
    above = placed[i] ?? 0;
  }
  return placed;
}

function plot(
  marks: readonly Mark[],
  interval: readonly [number, number] | null,
  workers: number,
  ceiling: number | null,
  frame: Frame,
): Plot.PlotOptions {
  const height = frame.narrow ? 300 : 380;
  const [marginTop, marginBottom] = [22, 42];
  const inside = marks.filter(({ value }) => value <= 1.6 * workers).map(({ value }) => value);
  const top = 1.08 * Math.max(workers, 1, interval?.[1] ?? 0, ...inside);
  const pixels = (height - marginTop - marginBottom) / top;
  // Values outside the chart are named at its edge.
  const shown = marks.map((mark) => ({ ...mark, at: Math.min(mark.value, top), beyond: mark.value > top }));
  const heights = spread(
    shown.map(({ at }) => height - marginBottom - at * pixels),
    17,
  );
  const end = [{ x: workers }];
  const best = (x: number) => Math.min(x, ceiling ?? x);
  const corners = [0, ...(ceiling !== null && ceiling < workers ? [ceiling] : []), workers];
  return {
    height,
    marginTop,
    marginBottom,
    marginLeft: 40,
    marginRight: 140,
    x: workersAxis(workers, frame.narrow ? 4 : 6),
    y: { domain: [0, top], label: "throughput", labelArrow: "none", tickSize: 0, ticks: 6 },
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 6 }),
      Plot.areaY(corners, { x: (x: number) => x, y1: best, y2: () => top, fill: "var(--ink)", fillOpacity: 0.06 }),
      Plot.line([0, workers], { x: (x: number) => x, y: (x: number) => x, stroke: "var(--ideal)", strokeWidth: 2 }),
      ...(ceiling === null
        ? []
        : [Plot.ruleY([ceiling], { stroke: "var(--ink)", strokeDasharray: "2 4", strokeWidth: 1.5 })]),
      Plot.ruleY([1], { stroke: "var(--single)", strokeWidth: 1.5, strokeDasharray: "8 4" }),
      ...(interval === null
        ? []
        : [
            Plot.ruleX(end, {
              x: "x",
              y1: interval[0],
              y2: interval[1],
              stroke: "var(--worker)",
              strokeOpacity: 0.4,
              strokeWidth: 9,
            }),
          ]),
      Plot.dot(
        // The figure to trust is drawn on top.
        shown.filter(({ beyond }) => !beyond).toReversed(),
        {
          x: workers,
          y: "at",
          symbol: "symbol",
          r: 5.5,
          fill: ({ symbol, colour }: Mark) => (symbol === "times" ? "none" : colour),
          stroke: ({ symbol, colour }: Mark) => (symbol === "times" ? colour : "var(--paper)"),
          strokeWidth: 1.5,
          clip: false,
        },
      ),
      ...shown.map(({ text, value, beyond }, i) =>
        Plot.text(end, {
          x: "x",
          frameAnchor: "top",
          lineAnchor: "middle",
          textAnchor: "start",
          dx: 12,
          dy: (heights[i] ?? 0) - marginTop,
          text: () => `${beyond ? "↑ " : ""}${text} ${ratio(value)}`,
          fill: "var(--ink)",
          fontWeight: i === 0 ? 700 : 400,
        }),
      ),
    ],
  };
}
