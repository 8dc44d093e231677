// From which job size on the cluster is faster, with the overhead of both sides.
import * as Plot from "@observablehq/plot";
import type { Assessment } from "../../../analysis/assessment.ts";
import { betweenOpenSeconds, coarse, milli, seconds, whole } from "../../../analysis/format.ts";
import { jobSize } from "../../../analysis/job-sizes.ts";
import { type TimedRun, timedRun } from "../../../analysis/timed-run.ts";
import { singleSubject } from "../../single-machine.ts";
import { outcomeOf } from "../../verdict.ts";
import type { Chart, Frame } from "./chart.ts";

/**
 * The times of a job of this size in seconds: on the single machine, on the cluster, and on the cluster at the ends of
 * the interval.
 */
interface Point {
  samples: number;
  single: number;
  cluster: number;
  /** Null if there is no interval. */
  low: number | null;
  high: number | null;
}

/**
 * Times of jobs up to twice the break-even size, or up to ten times what was measured if there is no break-even. Empty
 * if an overhead is unknown.
 */
export function pointsOf(run: TimedRun, breakEvenSeconds: number | null): Point[] {
  const { workers, tSingle } = run;
  const sequential = workers * tSingle;
  const longest = breakEvenSeconds === null ? 10 * sequential : 2 * Math.max(breakEvenSeconds, 0.75 * sequential);
  return Array.from({ length: 41 }, (_, i) => jobSize(run, ((longest / tSingle) * i) / 40)).flatMap((size) => {
    if (size === null) return [];
    const { samples, single, cluster, clusterInterval } = size;
    const [low, high] = clusterInterval ?? [null, null];
    return [{ samples, single, cluster, low, high }];
  });
}

/** Null if an overhead is unknown. */
export function breakEvenChart({ nodes, baseline, timeline, metrics }: Assessment): Chart | null {
  const run = timedRun(nodes, baseline, timeline);
  const { breakEvenSeconds, breakEvenCI95, workers, tSingle, samplesPerWorker } = metrics;
  const points = pointsOf(run, breakEvenSeconds);
  const measured = jobSize(run, workers);
  const { overhead } = metrics;
  if (measured === null || overhead === null) return null;
  const breakEven = breakEvenSeconds === null ? null : (breakEvenSeconds / tSingle) * samplesPerWorker;
  const subject = singleSubject(baseline);
  const whether = {
    faster:
      breakEven === null || breakEvenSeconds === null
        ? ""
        : `The cluster catches up at ${sizeText(breakEven)} samples, which take ${subject} ${seconds(breakEvenSeconds)} (95 % interval ${betweenOpenSeconds(breakEvenCI95)}). It is faster for larger jobs.`,
    slower: "With equal parts, the cluster never catches up.",
    undecided: "These rounds cannot show whether the cluster is faster for large jobs, and where the lines meet.",
  }[outcomeOf(metrics)];
  return {
    id: "break-even",
    title: "Job size from which the cluster is faster",
    description: `The time of a job by its size, including the overhead of both sides. The overhead of the cluster is ${milli(overhead)}, that of the single machine ${milli(run.singleOverhead ?? 0)}. ${whether} The band follows from the interval of the speed-up. The dots are the measured size.`,
    legend: [
      { sign: "line single thick", text: subject },
      {
        sign: "line worker thick",
        text: workers === 1 ? "the cluster of one worker" : `the cluster of ${workers} workers`,
      },
    ],
    draw: (frame) => plot(points, measured, breakEven, frame),
    table: {
      caption: "Seconds for jobs of growing size",
      heads: ["Samples", "Single machine", "Cluster", "Cluster, 95 % interval"],
      rows: points
        .filter((_, i) => i % 5 === 0)
        .map(({ samples, single, cluster, low, high }) => [
          whole(samples),
          coarse(single),
          coarse(cluster),
          low === null || high === null ? "–" : `${low.toFixed(1)} – ${coarse(high)}`,
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
  // A wide band must not squeeze the lines to the bottom.
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
      Plot.areaY(
        points.filter(({ low }) => low !== null),
        {
          x,
          y1: ({ low, cluster }: Point) => Math.min(low ?? cluster, top),
          y2: ({ high, cluster }: Point) => Math.min(high ?? cluster, top),
          fill: "var(--worker)",
          fillOpacity: 0.18,
        },
      ),
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
