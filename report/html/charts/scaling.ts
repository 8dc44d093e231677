// How the throughput grows with the number of workers: every point of a study, and the curves that may describe them.
import * as Plot from "@observablehq/plot";
import { between, betweenSeconds, orDash, plural, ratio, seconds } from "../../../analysis/format.ts";
import { countSpeedups, undisturbed } from "../../../analysis/scaling/curve.ts";
import { lawName } from "../../../analysis/scaling/laws.ts";
import type { Scaling } from "../../../analysis/scaling/study-records.ts";
import { isNonEmpty } from "../../../analysis/values.ts";
import { coreBounds, countsOf, lawBand, means, type ShownPoint, shownPoints } from "../../scaling/series.ts";
import type { Chart, Frame } from "./chart.ts";
import { idealLine, overWorkers, throughputTop } from "./over-workers.ts";

/** What an ordinary run predicts for the first p workers. */
export interface Prediction {
  workers: number;
  /** p·T_1/T(p): limited by the slowest of the first p, if they do not disturb each other. */
  undisturbed: number;
  /** Σ T_1/T_i of the first p: with the work divided by their speed. */
  bySpeed: number;
}

/** @param times T_i of the ordinary run, seconds, in the order of the workers. */
export function predictions(times: readonly number[]): Prediction[] {
  if (!isNonEmpty(times)) return [];
  const [first] = times;
  let bySpeed = 0;
  return undisturbed("weak", times).map((slowest, i) => {
    bySpeed += first / (times[i] ?? first);
    return { workers: i + 1, undisturbed: ((i + 1) * first) / slowest, bySpeed };
  });
}

/** Null if no block has a point with one worker, because there is nothing to compare with. */
export function scalingChart(scaling: Scaling, times: readonly number[]): Chart | null {
  const points = shownPoints(scaling);
  if (!points.some(({ speedup }) => speedup !== null)) return null;
  const { kind, law } = scaling;
  const counts = countsOf(scaling);
  const most = counts.at(-1) ?? 1;
  const predicted = predictions(times).filter(({ workers }) => workers <= most);
  const bounds = coreBounds(scaling);
  const waits = points.some(({ waitSpeedup }) => waitSpeedup !== null);
  const shown = countSpeedups(kind, points, (point) => point.seconds);
  const doubtful = points.some(({ doubts }) => doubts.length > 0);
  const work = kind === "weak" ? "The work of each worker stays the same" : "All workers divide the same work";
  return {
    id: "scaling",
    title: "Throughput by number of workers",
    description: `${work}. Relative to one worker of the same block, the throughput is ${shown.map(({ workers, speedup }) => `${ratio(speedup)} with ${workers} ${plural(workers, "worker")}`).join(", ")}.${
      bounds.length === 0
        ? ""
        : ` The cores of the hosts allow at most ${bounds.map(({ workers, bound }) => `${ratio(bound)} with ${workers}`).join(", ")}.`
    }${law === null ? " No law is drawn, because none is fitted." : ` The band is ${lawName(law)}, fitted to the workers' mean times in the measured range.`}${waits ? " The lower curve includes the overhead of Kubernetes, for which the user also waits." : ""}`,
    legend: [
      { sign: "dot worker", text: "a point: computing only" },
      ...(waits ? [{ sign: "dot single", text: "the same point as the user waits" }] : []),
      { sign: "line ideal", text: "ideal" },
      { sign: "line worker", text: "the ordinary run's workers, if they do not disturb each other" },
      { sign: "line speed", text: "the same with the work divided by speed" },
      ...(bounds.length === 0 ? [] : [{ sign: "line ceiling", text: "bound of the hosts' cores" }]),
      ...(law === null ? [] : [{ sign: "band", text: `${law.name}${law.exchange === null ? "'s law" : ""}, 95 %` }]),
    ],
    draw: (frame) => plot({ scaling, points, predicted, bounds, counts }, frame),
    table: {
      caption: "The points of the study, in the order of measurement",
      heads: [
        "Block",
        "Workers",
        "Slowest worker's round",
        "95 % interval",
        "Throughput, one worker = 1",
        "As the user waits",
        "That time",
        ...(doubtful ? ["Doubtful"] : []),
      ],
      rows: points.map((point) => [
        String(point.block),
        String(point.workers),
        seconds(point.seconds),
        betweenSeconds(point.interval),
        orDash(point.speedup, ratio),
        orDash(point.waitSpeedup, ratio),
        orDash(point.wait, seconds),
        ...(doubtful ? [point.doubts.join(", ") || "–"] : []),
      ]),
    },
  };
}

/** The time of a round; also works for a study without a point with one worker. */
export function scalingTimesChart(scaling: Scaling): Chart {
  const { points, kind } = scaling;
  const counts = countsOf(scaling);
  const shown = means(points, (point) => point.seconds);
  return {
    id: "scaling-times",
    title: "Time of a round by number of workers",
    description: `The slowest worker's mean round. ${kind === "weak" ? "Ideally, it stays the same" : "Ideally, it halves when the workers double"}. It takes ${shown.map(({ workers, mean }) => `${seconds(mean)} with ${workers}`).join(", ")}.`,
    legend: [
      { sign: "dot worker", text: "a point, with its 95 % interval" },
      { sign: "line ideal", text: "ideal" },
    ],
    draw: (frame) => timesPlot(scaling, counts, frame),
    table: {
      caption: "Rounds by worker count",
      heads: ["Workers", "Mean over the blocks", "Points"],
      rows: shown.map(({ workers, mean }) => [
        String(workers),
        seconds(mean),
        points
          .filter((point) => point.workers === workers)
          .map((point) => `${seconds(point.seconds)} (${between(point.interval, seconds)})`)
          .join(", "),
      ]),
    },
  };
}

interface Drawn {
  scaling: Scaling;
  points: readonly ShownPoint[];
  predicted: readonly Prediction[];
  bounds: readonly { workers: number; bound: number }[];
  counts: readonly number[];
}

function plot({ scaling, points, predicted, bounds, counts }: Drawn, frame: Frame): Plot.PlotOptions {
  const most = counts.at(-1) ?? 1;
  const band = scaling.law === null ? [] : lawBand(scaling.law, counts);
  const values = points.flatMap(({ speedup, waitSpeedup }) => [speedup ?? 0, waitSpeedup ?? 0]);
  const best = Math.max(1, ...values, ...predicted.map(({ bySpeed }) => bySpeed));
  const top = throughputTop(most, best);
  const cut = (value: number) => Math.min(value, top);
  return {
    ...overWorkers(frame, most, [300, 380], { top, label: "throughput, one worker = 1", ticks: 6, margin: 40 }),
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 6 }),
      idealLine(most, top),
      ...(bounds.length === 0
        ? []
        : [
            Plot.line(bounds, {
              x: "workers",
              y: ({ bound }: { bound: number }) => cut(bound),
              stroke: "var(--ink)",
              strokeDasharray: "2 4",
              strokeWidth: 1.5,
            }),
          ]),
      ...(band.length === 0
        ? []
        : [
            Plot.areaY(band, {
              x: "workers",
              y1: ({ low }: { low: number }) => cut(Math.max(0, low)),
              y2: ({ high }: { high: number }) => cut(high),
              fill: "var(--worker)",
              fillOpacity: 0.18,
            }),
            Plot.line(band, {
              x: "workers",
              y: ({ speedup }: { speedup: number }) => cut(Math.max(0, speedup)),
              stroke: "var(--worker)",
              strokeWidth: 2.5,
            }),
          ]),
      Plot.line(predicted, { x: "workers", y: "undisturbed", stroke: "var(--worker)", strokeWidth: 1.5 }),
      Plot.line(predicted, {
        x: "workers",
        y: "bySpeed",
        stroke: "var(--worker)",
        strokeWidth: 1.5,
        strokeDasharray: "6 4",
      }),
      Plot.line(
        countSpeedups(scaling.kind, points, ({ wait }) => wait),
        { x: "workers", y: "speedup", stroke: "var(--single)", strokeWidth: 1.5 },
      ),
      // The blocks side by side, so that they do not hide each other.
      Plot.dot(
        points.filter(({ waitSpeedup }) => waitSpeedup !== null),
        {
          x: beside(points, most),
          y: "waitSpeedup",
          r: 3.5,
          fill: "var(--paper)",
          stroke: "var(--single)",
          strokeWidth: 1.5,
        },
      ),
      Plot.dot(
        points.filter(({ speedup }) => speedup !== null),
        { x: beside(points, most), y: "speedup", r: 4, fill: "var(--worker)", stroke: "var(--paper)" },
      ),
    ],
  };
}

function timesPlot({ points, kind }: Scaling, counts: readonly number[], frame: Frame): Plot.PlotOptions {
  const most = counts.at(-1) ?? 1;
  const [first] = means(points, (point) => point.seconds);
  const ends = points.map(({ seconds: time, interval }) => Math.max(time, interval?.[1] ?? 0));
  const ideal =
    first === undefined
      ? []
      : counts.map((workers) => ({
          workers,
          time: kind === "weak" ? first.mean : (first.mean * first.workers) / workers,
        }));
  const intervals = points.flatMap((point) =>
    point.interval === null ? [] : [{ ...point, low: point.interval[0], high: point.interval[1] }],
  );
  const top = 1.08 * Math.max(...ends);
  return {
    ...overWorkers(frame, most, [240, 300], { top, label: "seconds", ticks: 5, margin: 48 }),
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 5 }),
      Plot.line(ideal, { x: "workers", y: "time", stroke: "var(--ideal)", strokeWidth: 2 }),
      Plot.ruleX(intervals, {
        x: beside(points, most),
        y1: "low",
        y2: "high",
        stroke: "var(--worker)",
        strokeOpacity: 0.4,
        strokeWidth: 5,
      }),
      Plot.dot(points, { x: beside(points, most), y: "seconds", r: 4, fill: "var(--worker)", stroke: "var(--paper)" }),
    ],
  };
}

/** Position of a point: its worker count, shifted a little for its block. */
function beside(
  points: readonly { block: number }[],
  most: number,
): (point: { workers: number; block: number }) => number {
  const blocks = Math.max(...points.map(({ block }) => block));
  const step = Math.min(0.08, 0.3 / Math.max(1, blocks - 1)) * Math.max(1, most / 12);
  return ({ workers, block }) => workers + (block - (blocks + 1) / 2) * step;
}
