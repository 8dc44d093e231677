// From which size of job the cluster wins, what Kubernetes costs included.
import * as Plot from "@observablehq/plot";
import { coarse, whole } from "../../../analysis/format.ts";
import type { Metrics } from "../../../analysis/metrics.ts";
import type { Measurement } from "../../outputs.ts";
import { outcomeOf } from "../../verdict.ts";
import type { Chart, Frame } from "./chart.ts";

/** A job of this size takes the single machine, the cluster, and the cluster by the bounds of what is known. Seconds. */
interface Point {
  samples: number;
  single: number;
  cluster: number;
  low: number;
  high: number;
}

/** Kubernetes stamps whole seconds. */
const overheadError = 1;

/** Times of jobs up to twice the break-even size, or up to ten times what was measured where there is none. */
export function pointsOf(metrics: Metrics, overhead: number): Point[] {
  const { tSingle, samplesPerWorker, throughputSpeedup, throughputSpeedupCI95, breakEvenSeconds, tSequential } =
    metrics;
  const [low, high] = throughputSpeedupCI95 ?? [throughputSpeedup, throughputSpeedup];
  const longest = breakEvenSeconds === null ? 10 * tSequential : 2 * Math.max(breakEvenSeconds, 0.75 * tSequential);
  return Array.from({ length: 41 }, (_, i) => {
    const single = (longest * i) / 40;
    return {
      samples: (single / tSingle) * samplesPerWorker,
      single,
      cluster: overhead + single / throughputSpeedup,
      low: Math.max(0, overhead - overheadError) + single / high,
      high: overhead + overheadError + single / low,
    };
  });
}

/** Null where the overhead is unknown. */
export function breakEvenChart({ metrics }: Measurement): Chart | null {
  const { overhead, breakEvenSeconds, workers, tSequential, tSlowest, tSingle, samplesPerWorker } = metrics;
  if (overhead === null) return null;
  const points = pointsOf(metrics, overhead);
  const breakEven = breakEvenSeconds === null ? null : (breakEvenSeconds / tSingle) * samplesPerWorker;
  const measured = { samples: workers * samplesPerWorker, single: tSequential, cluster: tSlowest + overhead };
  return {
    id: "break-even",
    title: "From which job on the cluster wins",
    description: `Time against the size of the job. The cluster starts ${coarse(overhead)} late and is ${
      breakEvenSeconds === null || breakEven === null
        ? "no faster then, so it never catches up."
        : `faster then: at ${sizeText(breakEven)} samples, for which the single machine takes ${coarse(breakEvenSeconds)}, it has caught up, and larger jobs gain by it.`
    }${outcomeOf(metrics) === "undecided" ? " But the speed-up's interval includes 1: whether and where the lines meet these rounds can't tell." : ""} The band is what the interval of the speed-up and a second of the overhead leave open; the dots are the size that was measured.`,
    legend: [
      { sign: "line single thick", text: "the single machine" },
      {
        sign: "line worker thick",
        text: workers === 1 ? "the cluster of one worker" : `the cluster of ${workers} workers`,
      },
    ],
    draw: (frame) => plot(points, measured, breakEven, frame),
    table: {
      caption: "Seconds for jobs of growing size",
      heads: ["Samples", "Single machine", "Cluster", "Cluster, between"],
      rows: points
        .filter((_, i) => i % 5 === 0)
        .map(({ samples, single, cluster, low, high }) => [
          whole(samples),
          coarse(single),
          coarse(cluster),
          `${low.toFixed(1)} – ${coarse(high)}`,
        ]),
    },
  };
}

const units = [
  [1e12, "trillion"],
  [1e9, "billion"],
  [1e6, "million"],
  [1e3, "thousand"],
] as const;

function unitFor(samples: number): readonly [size: number, name: string] {
  return units.find(([size]) => samples >= 2 * size) ?? [1, ""];
}

function sizeText(samples: number): string {
  const [size, name] = unitFor(samples);
  return `${Number((samples / size).toPrecision(2))} ${name}`.trim();
}

function plot(
  points: readonly Point[],
  measured: { samples: number; single: number; cluster: number },
  breakEven: number | null,
  frame: Frame,
): Plot.PlotOptions {
  const [size, unit] = unitFor(points.at(-1)?.samples ?? 1);
  const x = ({ samples }: { samples: number }) => samples / size;
  // A wide band must not press the lines to the ground.
  const top = 1.3 * Math.max(...points.map(({ single, cluster }) => Math.max(single, cluster)));
  const fits = measured.samples <= (points.at(-1)?.samples ?? 0);
  return {
    height: frame.narrow ? 280 : 340,
    marginTop: 26,
    marginBottom: 42,
    marginLeft: 44,
    marginRight: 16,
    x: {
      label: `${unit} samples`.trim(),
      labelAnchor: "center",
      labelArrow: "none",
      tickSize: 0,
      ticks: frame.narrow ? 5 : 9,
    },
    y: { label: "seconds", labelArrow: "none", tickSize: 0, domain: [0, top], ticks: 6 },
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 6 }),
      Plot.areaY(points, {
        x,
        y1: ({ low }: Point) => Math.min(low, top),
        y2: ({ high }: Point) => Math.min(high, top),
        fill: "var(--worker)",
        fillOpacity: 0.18,
      }),
      Plot.line(points, { x, y: "single", stroke: "var(--single)", strokeWidth: 2.5, strokeDasharray: "8 4" }),
      Plot.line(points, { x, y: "cluster", stroke: "var(--worker)", strokeWidth: 2.5 }),
      ...(breakEven === null
        ? []
        : [
            Plot.ruleX([breakEven / size], { stroke: "var(--ink)", strokeDasharray: "2 4", strokeWidth: 1.5 }),
            Plot.text([breakEven / size], {
              x: (each: number) => each,
              frameAnchor: "top",
              dy: -16,
              text: () => "break-even",
              fill: "var(--ink)",
              fontWeight: 600,
            }),
          ]),
      ...(fits
        ? [
            Plot.dot([measured], {
              x,
              y: "single",
              symbol: "square",
              r: 5,
              fill: "var(--single)",
              stroke: "var(--paper)",
              strokeWidth: 1.5,
            }),
            Plot.dot([measured], {
              x,
              y: "cluster",
              r: 5,
              fill: "var(--worker)",
              stroke: "var(--paper)",
              strokeWidth: 1.5,
            }),
          ]
        : []),
    ],
  };
}
