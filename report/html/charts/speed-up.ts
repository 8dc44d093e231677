// What the workers do together, against what they can at best.
import * as Plot from "@observablehq/plot";
import { between, orDash, ratio } from "../../../analysis/format.ts";
import { ceilingOf } from "../../../analysis/hosts.ts";
import type { Measurement } from "../../outputs.ts";
import type { Chart, Frame } from "./chart.ts";

interface Mark {
  text: string;
  value: number;
  symbol: "circle" | "diamond2" | "triangle2" | "times";
  colour: string;
}

/** The speed-ups of one run in one picture, with ideal and ceiling. */
export function speedUpChart({ nodes, baseline, metrics }: Measurement): Chart {
  const { workers, throughputSpeedup, throughputSpeedupCI95, balancedSpeedup, endToEndSpeedup, linearRatio } = metrics;
  const ceiling = ceilingOf(nodes, baseline);
  const marks: Mark[] = [
    { text: "throughput", value: throughputSpeedup, symbol: "circle", colour: "var(--worker)" },
    { text: "work by speed", value: balancedSpeedup, symbol: "diamond2", colour: "var(--ideal)" },
    ...(endToEndSpeedup === null
      ? []
      : [{ text: "end to end", value: endToEndSpeedup, symbol: "triangle2" as const, colour: "var(--start)" }]),
    { text: "tutorial's", value: linearRatio, symbol: "times", colour: "var(--tutorial)" },
  ];
  const values: [name: string, value: string, meaning: string][] = [
    [
      "Throughput speed-up",
      ratio(throughputSpeedup),
      `what all workers do together; 95 % interval ${between(throughputSpeedupCI95, ratio)}`,
    ],
    ["With work divided by speed", ratio(balancedSpeedup), "the same workers, none waiting for the slowest"],
    ["End-to-end speed-up", orDash(endToEndSpeedup, ratio), "one round, Kubernetes' overhead included"],
    ["Ideal", ratio(workers), "every worker is worth a single machine"],
    [
      "Shared host's ceiling",
      orDash(ceiling, ratio),
      ceiling === null ? "workers share no computer, or not the single machine's" : "cores for all of them",
    ],
    ["The tutorial's ratio", `${ratio(linearRatio)}×`, "no gain: a ratio of times"],
  ];
  return {
    id: "speed-up",
    title: "What they do together",
    description: `How many single machines the ${workers === 1 ? "worker is" : `${workers} workers are`} worth: throughput speed-up ${ratio(throughputSpeedup)}${throughputSpeedupCI95 === null ? "" : `, 95 % interval ${between(throughputSpeedupCI95, ratio)}`}. Ideal is ${workers}${
      ceiling === null || ceiling >= workers
        ? "."
        : `; but workers that share one computer can't exceed ${ratio(ceiling)}, the cores that it has for them.`
    } Below 1 the single machine alone is faster.`,
    legend: [
      { sign: "line ideal", text: "ideal" },
      ...(ceiling === null ? [] : [{ sign: "line ceiling", text: "ceiling of the shared host" }]),
      { sign: "line single", text: "the single machine" },
    ],
    width: 540,
    draw: (frame) => plot(marks, throughputSpeedupCI95, workers, ceiling, frame),
    table: { caption: "Speed-up against the single machine", heads: ["Figure", "Value", "Meaning"], rows: values },
  };
}

/** Moves labels apart, lowest first, so that none covers another. */
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
  // What is off the chart is named at its edge.
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
    x: {
      domain: [0, workers],
      label: "workers",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: Math.min(workers, frame.narrow ? 4 : 6),
      tickFormat: (x: number) => (Number.isInteger(x) ? String(x) : ""),
      tickSize: 0,
    },
    y: { domain: [0, top], label: "single machines", labelArrow: "none", tickSize: 0, ticks: 6 },
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
        // The figure to believe lies on top.
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
