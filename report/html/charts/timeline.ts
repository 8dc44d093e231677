// What each pod did from the release of the Job until its result was read, and what the single machine did before and
// after it.
import * as Plot from "@observablehq/plot";
import type { Assessment } from "../../../analysis/assessment.ts";
import { coarse, milli, orDash, seconds } from "../../../analysis/format.ts";
import {
  type BaselineRecord,
  isMeasured,
  type NodeRecord,
  type PodTimes,
  workerOf,
} from "../../../analysis/records.ts";
import { singleMachineName } from "../../single-machine.ts";
import type { Chart, Frame } from "./chart.ts";
import { namedRows, rowHeight, shortNames } from "./rows.ts";

const kinds = ["scheduling", "pull", "start", "warm-up", "round", "left-out", "end", "single-round"] as const;
type Kind = (typeof kinds)[number];

/** A segment of a row; seconds since the Job was released. */
export interface Stretch {
  row: number;
  kind: Kind;
  from: number;
  to: number;
}

/**
 * The segments of a pod in order, none of them negative. The collector's clock and the shifted clock of the node agree
 * only to milliseconds. If a segment would begin before the previous one ends, it begins there. `released` is wall
 * clock, `counted` the rounds that count. Only the duration of a pull is known; it is drawn right after the scheduling.
 */
export function stretchesOf(
  node: NodeRecord,
  pod: PodTimes | undefined,
  released: number,
  row: number,
  counted: readonly { start: number }[] = node.rounds,
): Stretch[] {
  const [first] = node.rounds;
  const last = node.rounds.at(-1);
  if (first === undefined || last === undefined) return [];
  const shift = pod?.clockShift ?? 0;
  const counts = new Set(counted.map(({ start }) => start));
  const stretches: Stretch[] = [];
  let clock = 0;
  const until = (kind: Kind, end: number) => {
    const to = Math.max(clock, end);
    if (to > clock) stretches.push({ row, kind, from: clock, to });
    clock = to;
  };
  const since = (stamp: number) => stamp + shift - released;
  const began = Math.max(since(node.started), 0);
  const scheduled = Math.min((pod?.scheduled ?? released) - released, began);
  until("scheduling", scheduled);
  until("pull", Math.min(scheduled + (pod?.pull ?? 0), began));
  until("start", Math.max(began, since(first.start - node.warmUp)));
  until("warm-up", since(first.start));
  for (const round of node.rounds) {
    clock = Math.max(clock, since(round.start));
    until(counts.has(round.start) ? "round" : "left-out", since(round.end));
  }
  until("warm-up", since(last.end + node.coolDown));
  until("end", Math.max(since(node.ended), pod?.read ?? 0, (pod?.finished ?? released) - released));
  return stretches;
}

/** Where a half of the single machine's rounds is drawn, and how far this is from its real position. */
interface Half {
  stretches: Stretch[];
  /** Seconds between it and the Job that are not drawn; 0 if it is drawn at its real position. */
  cut: number;
  /** Where the gap ends or begins, in seconds since the release as drawn. */
  edge: number;
}

/**
 * The halves of the single machine's rounds, in the row below the pods, next to a Job of this many seconds. If a half
 * is further from the Job than a fifth of its length, the gap is shortened to that, and `cut` says by how much.
 */
export function halvesOf(
  baseline: BaselineRecord,
  shift: number,
  released: number,
  length: number,
  row: number,
): Half[] {
  const most = Math.max(length / 5, 1e-3);
  return baseline.parts.map(({ part, started, ended, warmUp, coolDown }) => {
    const own = baseline.rounds.filter((round) => round.part === part);
    const [begin, end] = [started + shift - released, ended + shift - released];
    const gap = part === "before" ? -end : begin - length;
    const cut = Math.max(0, gap - most);
    const moved = part === "before" ? cut : -cut;
    const at = (stamp: number) => stamp + shift - released + moved;
    const stretches: Stretch[] = [];
    const add = (kind: Kind, from: number, to: number) => {
      if (to > from) stretches.push({ row, kind, from: at(from), to: at(to) });
    };
    const [first, last] = [own[0], own.at(-1)];
    if (first !== undefined && last !== undefined) {
      add("warm-up", first.start - warmUp, first.start);
      for (const round of own) add("single-round", round.start, round.end);
      add("warm-up", last.end, last.end + coolDown);
    }
    return { stretches, cut, edge: part === "before" ? end + moved : begin + moved };
  });
}

/** One row of segments for each worker's pod, and one for the single machine if it was measured. */
export function timelineChart({ nodes, baseline, timeline, window, metrics }: Assessment): Chart {
  const pods = nodes.map((node) => timeline?.pods.find(({ index }) => index === node.index));
  const first = Math.min(...nodes.map(({ started }, i) => started + (pods[i]?.clockShift ?? 0)));
  const released = timeline?.released ?? first;
  const since = timeline?.released == null ? "the first pod's begin" : "the Job was released";
  const rows = nodes.map((node, row) => stretchesOf(node, pods[row], released, row, window.counted[row]));
  const length = Math.max(...rows.flat().map(({ to }) => to), 0);
  const halves = isMeasured(baseline)
    ? halvesOf(baseline, shiftOf(baseline, nodes, pods), released, length, nodes.length)
    : [];
  const drawn = halves.filter(({ stretches }) => stretches.length > 0);
  const stretches = [...rows.flat(), ...drawn.flatMap((half) => half.stretches)];
  const labels = [...shortNames(nodes), ...(drawn.length > 0 ? [singleMachineName(baseline)] : [])];
  const { overhead, elapsed } = metrics;
  const present = new Set(stretches.map(({ kind }) => kind));
  const shifted = pods.filter((pod) => pod?.clockShift != null && pod.clockShift !== 0).length;
  const text = (stamp: number | null | undefined) => orDash(stamp ?? null, (known) => coarse(known - released));
  return {
    id: "timeline",
    title: "Timeline of all machines",
    description: [
      `Seconds since ${since}. Thick is computing, thin is overhead. ${
        overhead === null || elapsed === null
          ? "The overhead is unknown here."
          : `The overhead is ${milli(overhead)} of the ${milli(elapsed)} until the last result was read, by the collector's clock.`
      }`,
      window.leftOut === 0
        ? "All rounds count."
        : "Pale rounds do not count, because they lie outside the time in which all workers were computing.",
      shifted === 0
        ? ""
        : "The clocks of some nodes contradicted the collector's. Their time stamps are shifted by the smallest amount that fits.",
      drawn.some(({ cut }) => cut > 0)
        ? "The single machine's halves were further away than they are drawn. The gaps show how far."
        : "",
    ]
      .filter((sentence) => sentence !== "")
      .join(" "),
    legend: kinds.filter((kind) => present.has(kind)).map((kind) => ({ sign: `bar ${kind}`, text: texts[kind] })),
    draw: (frame) => plot(stretches, labels, drawn, since, frame),
    table: {
      caption: `Seconds since ${since}`,
      heads: [
        "Machine",
        "Pod",
        "Scheduled",
        "Pull took",
        "Container started",
        "pi.py began",
        "Warm-up took",
        "Rounds from – to",
        "Cool-down took",
        "Ended",
        "Result read",
        "Clock shifted by",
      ],
      rows: [
        ...nodes.map((node, i) => {
          const shift = pods[i]?.clockShift ?? 0;
          return [
            node.node,
            node.pod,
            text(pods[i]?.scheduled),
            orDash(pods[i]?.pull ?? null, (pull) => (pull === 0 ? "image present" : coarse(pull))),
            text(pods[i]?.started),
            text(node.started + shift),
            seconds(node.warmUp),
            fromTo(node.rounds, shift - released),
            seconds(node.coolDown),
            text(node.ended + shift),
            orDash(pods[i]?.read ?? null, coarse),
            orDash(pods[i]?.clockShift ?? null, coarse),
          ];
        }),
        ...(isMeasured(baseline)
          ? baseline.parts.map(({ part, started, ended, warmUp, coolDown }) => {
              const shift = shiftOf(baseline, nodes, pods);
              const own = baseline.rounds.filter((round) => round.part === part);
              return [
                `${singleMachineName(baseline)}, ${part}`,
                "–",
                "–",
                "–",
                "–",
                text(started + shift),
                seconds(warmUp),
                fromTo(own, shift - released),
                seconds(coolDown),
                text(ended + shift),
                "–",
                coarse(shift),
              ];
            })
          : []),
      ],
    },
  };
}

function fromTo(rounds: readonly { start: number; end: number }[], shift: number): string {
  return rounds.map(({ start, end }) => `${(start + shift).toFixed(1)} – ${coarse(end + shift)}`).join(", ");
}

/** If the single machine is a worker, its times come from that node's clock, otherwise from the collector's. */
function shiftOf(baseline: BaselineRecord, nodes: readonly NodeRecord[], pods: readonly (PodTimes | undefined)[]) {
  const index = nodes.findIndex(({ node }) => node === workerOf(baseline));
  return pods[index]?.clockShift ?? 0;
}

const texts: Record<Kind, string> = {
  scheduling: "waits for its node",
  pull: "image pull",
  start: "container and Python start",
  "warm-up": "warm-up and cool-down, not timed",
  round: "a round that counts",
  "left-out": "a round that does not count",
  end: "ends, and its result is read",
  "single-round": "a round of the single machine",
};

const computing = (kind: Kind) => kind !== "scheduling" && kind !== "pull" && kind !== "start" && kind !== "end";

function plot(
  stretches: readonly Stretch[],
  labels: readonly string[],
  halves: readonly Half[],
  since: string,
  frame: Frame,
): Plot.PlotOptions {
  const named = labels.length <= namedRows + 1;
  const height = rowHeight(labels.length, frame);
  const label = frame.narrow && named ? 18 : 0;
  const thick = Math.max(2, (height - label) * 0.62);
  const bars = (which: boolean, thickness: number) => {
    const around = (height - label - thickness) / 2;
    return Plot.barX(
      stretches.filter(({ kind }) => computing(kind) === which),
      {
        y: "row",
        x1: "from",
        x2: "to",
        fill: ({ kind }: Stretch) => `var(--${kind})`,
        insetTop: label + around,
        insetBottom: around,
        insetLeft: which ? 0.5 : 0,
        insetRight: which ? 0.5 : 0,
      },
    );
  };
  const cuts = halves.filter(({ cut }) => cut > 0);
  return {
    marginTop: cuts.length > 0 ? 24 : 8,
    marginBottom: 40,
    marginLeft: named && !frame.narrow ? 190 : 12,
    marginRight: 24,
    height: labels.length * height + 48 + (cuts.length > 0 ? 16 : 0),
    x: {
      label: `seconds since ${since}`,
      labelAnchor: "center",
      labelArrow: "none",
      zero: true,
      tickSize: 0,
      ticks: frame.narrow ? 5 : 9,
      // Beyond a cut, times on the axis would be wrong.
      tickFormat: (second: number) =>
        cuts.some(({ edge }) => (edge < 0 ? second < 0 : second >= edge)) ? "" : String(second),
    },
    y: { type: "band", domain: labels.map((_, row) => row), axis: null, padding: 0 },
    marks: [
      Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks: frame.narrow ? 5 : 9 }),
      Plot.ruleX([0], { stroke: "var(--muted)" }),
      bars(false, thick * 0.36),
      bars(true, thick),
      Plot.ruleX(cuts, { x: "edge", stroke: "var(--ink)", strokeDasharray: "2 3" }),
      ...cuts.map((half) =>
        Plot.text([half], {
          x: "edge",
          frameAnchor: "top",
          dy: -14,
          // Towards the Job, where there is room even on a phone.
          textAnchor: half.edge < 0 ? "start" : "end",
          text: ({ cut }: Half) => `${gapText(cut)} not drawn`,
          fill: "var(--ink)",
        }),
      ),
      ...(named
        ? [
            Plot.text(labels, {
              y: (_: string, row: number) => row,
              text: (text: string) => text,
              frameAnchor: "left",
              textAnchor: frame.narrow ? "start" : "end",
              dx: frame.narrow ? 2 : -12,
              dy: frame.narrow ? 9 - height / 2 : 0,
              fill: "var(--ink)",
            }),
          ]
        : []),
    ],
  };
}

function gapText(cut: number): string {
  return cut < 90 ? `${cut.toFixed(0)} s` : `${(cut / 60).toFixed(0)} min`;
}
