// How long a round took on each worker and on the single machine: medians, their intervals, and the rounds themselves.
import * as Plot from "@observablehq/plot";
import { betweenSeconds, seconds } from "../../../analysis/format.ts";
import { isMeasured, type Run } from "../../../analysis/records.ts";
import { roundInterval, roundTimes } from "../../../analysis/round-times.ts";
import type { Measurement } from "../../outputs.ts";
import { singleMachineName } from "../../single-machine.ts";
import type { Chart, Frame } from "./chart.ts";
import { namedRows, rowHeight, shortNames } from "./rows.ts";

interface Row {
  row: number;
  label: string;
  name: string;
  single: boolean;
  median: number;
  low: number | null;
  high: number | null;
  rounds: readonly number[];
}

/** One row for each machine, the single one last. */
export function timesChart({ nodes, baseline, metrics }: Measurement): Chart {
  const labels = shortNames(nodes);
  const workers = nodes.map((node, i) => ({
    ...bounded(node),
    name: node.node,
    label: labels[i] ?? "",
    median: node.seconds,
    single: false,
  }));
  const single = {
    ...bounded(isMeasured(baseline) ? baseline : { rounds: [] }),
    name: singleMachineName(baseline),
    label: singleMachineName(baseline),
    median: baseline.seconds,
    single: true,
  };
  const ordered = nodes.length > namedRows ? workers.toSorted((a, b) => b.median - a.median) : workers;
  const rows = [...ordered, single].map((each, row): Row => ({ row, ...each }));
  const { workers: n, tSequential, tSlowest } = metrics;
  // A line far to the right of all times would press them into a corner.
  const showSequential = n > 1 && tSequential <= 3 * tSlowest;
  return {
    id: "times",
    title: "A round on every worker",
    description: `Each row is one machine doing the same ${n === 1 ? "work" : "share of work"}: its timed rounds, their median, and the 95 % interval of that median. ${
      showSequential
        ? `The dashed line is the single machine doing all ${n} shares one after another, ${seconds(tSequential)}: the workers together gain if the slowest of them, ${seconds(tSlowest)}, is to the left of it.`
        : `The single machine doing all ${n} shares one after another would take ${seconds(tSequential)}; the slowest worker takes ${seconds(tSlowest)}.`
    }${nodes.length > namedRows ? " Workers are ordered by their time, slowest first." : ""}`,
    legend: [
      { sign: "dot worker", text: "median of a worker" },
      { sign: "square single", text: "median of the single machine" },
      { sign: "band", text: "95 % interval" },
      { sign: "speck", text: "a round" },
    ],
    draw: (frame) => plot(rows, showSequential ? tSequential : null, frame),
    table: {
      caption: "Seconds of a round",
      heads: ["Machine", "Median", "95 % interval", "Rounds"],
      rows: rows.map(({ name, median, low, high, rounds }) => [
        name,
        seconds(median),
        low === null || high === null ? "–" : betweenSeconds([low, high]),
        rounds.map((each) => seconds(each).replace(" s", "")).join(", "),
      ]),
    },
  };
}

function bounded(run: Pick<Run, "rounds">) {
  const [low, high] = roundInterval(run) ?? [null, null];
  return { low, high, rounds: roundTimes(run) };
}

function plot(rows: readonly Row[], sequential: number | null, frame: Frame): Plot.PlotOptions {
  const named = rows.length <= namedRows + 1;
  const height = rowHeight(rows.length, frame);
  const specks = rows.flatMap(({ row, single, rounds }) => rounds.map((time) => ({ row, single, time })));
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
      ...(single === undefined ? [] : [Plot.ruleX([single.median], { stroke: "var(--single)", strokeWidth: 1.5 })]),
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
        ? [Plot.dot(specks, { y: "row", x: "time", r: 1.8, fill: "var(--ink)", fillOpacity: 0.75, dy: lowered })]
        : []),
      Plot.dot(rows, {
        y: "row",
        x: "median",
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
              x: (row: Row) => Math.max(row.median, row.high ?? 0, ...row.rounds),
              text: (row: Row) => seconds(row.median),
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
