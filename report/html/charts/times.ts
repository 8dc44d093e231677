// The time of a round on each worker and on the single machine: means, their intervals, and each round.
import * as Plot from "@observablehq/plot";
import type { Assessment } from "../../../analysis/assessment.ts";
import { betweenSeconds, compactPercent, orDash, seconds } from "../../../analysis/format.ts";
import type { Round } from "../../../analysis/records.ts";
import { type MachineTimes, machineTimes } from "../../machine-times.ts";
import { singleSubject } from "../../single-machine.ts";
import type { Chart, Frame } from "./chart.ts";
import { namedRows, rowHeight, shortNames } from "./rows.ts";

interface Row extends MachineTimes {
  row: number;
  label: string;
  low: number | null;
  high: number | null;
  rounds: readonly number[];
  /** The rounds that do not count. */
  others: readonly number[];
}

const lengths = (rounds: readonly Round[]) => rounds.map((round) => round.seconds);

/** One row per machine, the single machine last. */
export function timesChart(measured: Assessment): Chart {
  const { nodes, baseline, metrics } = measured;
  const { workers, single } = machineTimes(measured);
  const labels = shortNames(nodes);
  const labelled = workers.map((worker, i) => ({ ...worker, label: labels[i] ?? "" }));
  const ordered = nodes.length > namedRows ? labelled.toSorted((a, b) => b.mean - a.mean) : labelled;
  const rows = [...ordered, { ...single, label: single.name }].map((each, row): Row => {
    const [low, high] = each.interval ?? [null, null];
    return { ...each, row, low, high, rounds: lengths(each.counted), others: lengths(each.leftOut) };
  });
  const { workers: n, tSequential, tSlowest } = metrics;
  // A line far to the right of all times would squeeze them into a corner.
  const showSequential = n > 1 && tSequential <= 3 * tSlowest;
  const subject = singleSubject(baseline);
  const leftOut = rows.some(({ others }) => others.length > 0);
  return {
    id: "times",
    title: "A round on every worker",
    description: `Each row is one machine doing the same ${n === 1 ? "work" : "share of work"}. It shows the timed rounds, their mean, and the 95 % interval of the mean. ${
      showSequential
        ? `The dashed line is ${subject} doing all ${n} shares one after another, in ${seconds(tSequential)}. The workers together are faster if the slowest, with ${seconds(tSlowest)}, is to the left of the line.`
        : `All ${n} shares one after another would take ${subject} ${seconds(tSequential)}. The slowest worker takes ${seconds(tSlowest)}.`
    }${leftOut ? " Rounds outside the time in which all workers were computing do not count." : ""}${nodes.length > namedRows ? " Workers are ordered by their time, slowest first." : ""}`,
    legend: [
      { sign: "dot worker", text: "mean of a worker" },
      { sign: "square single", text: "mean of the single machine" },
      { sign: "band", text: "95 % interval" },
      { sign: "speck", text: "a round" },
      ...(leftOut ? [{ sign: "speck hollow", text: "a round that does not count" }] : []),
    ],
    draw: (frame) => plot(rows, showSequential ? tSequential : null, frame),
    table: {
      caption: "Seconds of a round",
      heads: ["Machine", "Mean", "95 % interval", "Median", "Computing", "Waiting", "Rounds that count", "Others"],
      rows: rows.map(({ name, mean, interval, median, waited, rounds, others }) => [
        name,
        seconds(mean),
        betweenSeconds(interval),
        orDash(median, seconds),
        orDash(waited, (share) => compactPercent(1 - share)),
        orDash(waited, compactPercent),
        listed(rounds),
        listed(others),
      ]),
    },
  };
}

const listed = (times: readonly number[]) =>
  times.length === 0 ? "–" : times.map((each) => seconds(each).replace(" s", "")).join(", ");

function plot(rows: readonly Row[], sequential: number | null, frame: Frame): Plot.PlotOptions {
  const named = rows.length <= namedRows + 1;
  const height = rowHeight(rows.length, frame);
  const specks = rows.flatMap(({ row, rounds }) => rounds.map((time) => ({ row, time })));
  const hollow = rows.flatMap(({ row, others }) => others.map((time) => ({ row, time })));
  const colour = ({ single }: { single: boolean }) => (single ? "var(--single)" : "var(--worker)");
  const size = named ? 5.5 : Math.max(1.5, height / 2);
  const lowered = frame.narrow && named ? 8 : 0;
  const [single] = rows.filter((row) => row.single);
  return {
    marginTop: 26,
    marginBottom: 40,
    marginLeft: named && !frame.narrow ? 190 : 12,
    marginRight: 64,
    height: rows.length * height + 66,
    x: {
      label: "seconds",
      zero: true,
      labelAnchor: "center",
      labelArrow: "none",
      nice: true,
      tickSize: 0,
      ticks: frame.narrow ? 5 : 9,
    },
    y: { type: "band", domain: rows.map(({ row }) => row), axis: null, padding: 0 },
    marks: [
      Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks: frame.narrow ? 5 : 9 }),
      Plot.ruleX([0], { stroke: "var(--muted)" }),
      ...(single === undefined ? [] : [Plot.ruleX([single.mean], { stroke: "var(--single)", strokeWidth: 1.5 })]),
      ...(sequential === null
        ? []
        : [
            Plot.ruleX([sequential], { stroke: "var(--ink)", strokeDasharray: "5 4", strokeWidth: 1.5 }),
            Plot.text([sequential], {
              x: (x: number) => x,
              frameAnchor: "top",
              dy: -16,
              text: () => "all of it on one machine",
              textAnchor: "middle",
              fill: "var(--ink)",
            }),
          ]),
      Plot.ruleY(
        rows.filter(({ low }) => low !== null),
        {
          y: "row",
          x1: "low",
          x2: "high",
          stroke: colour,
          strokeOpacity: 0.4,
          strokeWidth: named ? 9 : size,
          dy: lowered,
        },
      ),
      ...(named
        ? [
            Plot.dot(specks, { y: "row", x: "time", r: 1.8, fill: "var(--ink)", fillOpacity: 0.75, dy: lowered }),
            Plot.dot(hollow, { y: "row", x: "time", r: 2.2, stroke: "var(--ink)", strokeOpacity: 0.75, dy: lowered }),
          ]
        : []),
      Plot.dot(rows, {
        y: "row",
        x: "mean",
        fill: colour,
        stroke: "var(--paper)",
        strokeWidth: named ? 1.5 : 0,
        r: size,
        symbol: (row: Row) => (row.single ? "square" : "circle"),
        dy: lowered,
      }),
      ...(named
        ? [
            Plot.text(rows, {
              y: "row",
              x: (row: Row) => Math.max(row.mean, row.high ?? 0, ...row.rounds, ...row.others),
              text: (row: Row) => seconds(row.mean),
              textAnchor: "start",
              dx: 9,
              dy: lowered,
              fill: "var(--ink)",
              fontWeight: 600,
              stroke: "var(--paper)",
              strokeWidth: 4,
            }),
            Plot.text(rows, {
              y: "row",
              text: "label",
              frameAnchor: "left",
              textAnchor: frame.narrow ? "start" : "end",
              dx: frame.narrow ? 2 : -12,
              dy: frame.narrow ? -10 : 0,
              fill: "var(--ink)",
              stroke: "var(--paper)",
              strokeWidth: 4,
            }),
          ]
        : []),
    ],
  };
}
