// Shared parts of the charts over worker counts: their axes, and the ideal line.
import * as Plot from "@observablehq/plot";
import type { Frame } from "./chart.ts";

/** A horizontal axis that counts workers, from 0 to all, with at most this many ticks. */
export function workersAxis(workers: number, ticks: number): Plot.ScaleOptions {
  return {
    domain: [0, workers],
    label: "workers",
    labelAnchor: "center",
    labelArrow: "none",
    ticks: Math.min(workers, ticks),
    tickFormat: (x: number) => (Number.isInteger(x) ? String(x) : ""),
    tickSize: 0,
  };
}

/** The layout of a chart over worker counts. @param heights on a narrow and on a wide screen. */
export function overWorkers(
  { narrow }: Frame,
  workers: number,
  heights: readonly [narrow: number, wide: number],
  y: { top: number; label: string; ticks: number; margin: number },
): Plot.PlotOptions {
  return {
    height: narrow ? heights[0] : heights[1],
    marginTop: 22,
    marginBottom: 42,
    marginLeft: y.margin,
    marginRight: 24,
    x: workersAxis(workers, narrow ? 4 : 10),
    y: { domain: [0, y.top], label: y.label, labelArrow: "none", tickSize: 0, ticks: y.ticks },
  };
}

/**
 * Upper end of a throughput chart. It includes the ideal line, unless this would squeeze the best value to the bottom.
 */
export function throughputTop(workers: number, best: number): number {
  return 1.08 * Math.max(1, Math.min(workers, 2 * best), best);
}

/** Throughput equal to the number of workers. It ends at the edge of the picture. */
export function idealLine(workers: number, top: number): Plot.Markish {
  const same = (x: number) => x;
  return Plot.line([0, Math.min(workers, top)], { x: same, y: same, stroke: "var(--ideal)", strokeWidth: 2 });
}
