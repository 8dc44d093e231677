// What the first p workers would reach together, if they do not disturb each other.
import * as Plot from "@observablehq/plot";
import type { Assessment } from "../../../analysis/assessment.ts";
import { between, ratio, seconds } from "../../../analysis/format.ts";
import { timedRun } from "../../../analysis/timed-run.ts";
import { type CurvePoint, workerCurve } from "../../../analysis/worker-curve.ts";
import { singleSubject } from "../../single-machine.ts";
import type { Chart, Frame } from "./chart.ts";
import { idealLine, overWorkers, throughputTop } from "./over-workers.ts";

/** T(p), the longest of the first p workers' mean rounds, and the resulting throughput speed-up. */
export function curveChart({ nodes, baseline, timeline, metrics }: Assessment): Chart {
  const run = timedRun(nodes, baseline, timeline);
  const points = workerCurve(run);
  const { workers, throughputSpeedup, throughputSpeedupBound: bound } = metrics;
  const bounded = bound !== null && bound < workers;
  return {
    id: "curve",
    title: "Speed-up of fewer workers",
    description: `T(p) is the longest mean round of the first p workers. Their throughput speed-up would be p·T_S/T(p), if they do not disturb each other. With all ${workers}, it is ${ratio(throughputSpeedup)}, as measured. A step down is a slower worker, for which the others would wait.${
      bounded
        ? ` Workers of one computer do disturb each other. So fewer workers would be faster than drawn, and the cores allow at most ${ratio(bound)}.`
        : ""
    } One run cannot test this condition.`,
    legend: [
      { sign: "line worker thick", text: "the first p workers" },
      { sign: "line ideal", text: "ideal" },
      { sign: "line single", text: singleSubject(baseline) },
      ...(points.some(({ interval }) => interval !== null) ? [{ sign: "band", text: "95 % interval" }] : []),
      ...(bounded ? [{ sign: "line ceiling", text: "bound of the hosts' cores" }] : []),
    ],
    draw: (frame) => plot(points, bounded ? bound : null, frame),
    table: {
      caption: "The first p workers, if they do not disturb each other",
      heads: ["p", "The p-th worker", "Its mean round", "T(p)", "Throughput speed-up", "95 % interval"],
      rows: points.map(({ workers: p, time, speedup, interval }, i) => [
        String(p),
        nodes[i]?.node ?? "",
        seconds(run.times[i] ?? time),
        seconds(time),
        ratio(speedup),
        between(interval, ratio),
      ]),
    },
  };
}

function plot(points: readonly CurvePoint[], bound: number | null, frame: Frame): Plot.PlotOptions {
  const workers = points.length;
  const best = Math.max(...points.map(({ speedup }) => speedup));
  const top = throughputTop(workers, best);
  const cut = (value: number) => Math.min(value, top);
  const banded = points.flatMap(({ workers: p, interval }) =>
    interval === null ? [] : [{ p, low: cut(interval[0]), high: cut(interval[1]) }],
  );
  return {
    ...overWorkers(frame, workers, [280, 340], { top, label: "throughput speed-up", ticks: 6, margin: 40 }),
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 6 }),
      idealLine(workers, top),
      Plot.ruleY([1], { stroke: "var(--single)", strokeWidth: 1.5, strokeDasharray: "8 4" }),
      ...(bound === null || bound > top
        ? []
        : [Plot.ruleY([bound], { stroke: "var(--ink)", strokeDasharray: "2 4", strokeWidth: 1.5 })]),
      ...(banded.length > 1
        ? [Plot.areaY(banded, { x: "p", y1: "low", y2: "high", fill: "var(--worker)", fillOpacity: 0.18 })]
        : [
            Plot.ruleX(banded, {
              x: "p",
              y1: "low",
              y2: "high",
              stroke: "var(--worker)",
              strokeOpacity: 0.4,
              strokeWidth: 9,
            }),
          ]),
      Plot.line(points, { x: "workers", y: "speedup", stroke: "var(--worker)", strokeWidth: 2.5 }),
      ...(workers <= 40
        ? [Plot.dot(points, { x: "workers", y: "speedup", r: 4, fill: "var(--worker)", stroke: "var(--paper)" })]
        : []),
    ],
  };
}
