// What each pod did, from the Job's creation to the end: computing, and all that is not computing.
import * as Plot from "@observablehq/plot";
import { coarse, orDash, seconds } from "../../../analysis/format.ts";
import type { NodeRecord, PodTimes } from "../../../analysis/records.ts";
import type { Measurement } from "../../outputs.ts";
import type { Chart, Frame } from "./chart.ts";
import { namedRows, rowHeight, shortNames } from "./rows.ts";

const kinds = ["scheduling", "pull", "start", "warm-up", "round", "end"] as const;
type Kind = (typeof kinds)[number];

/** A stretch of a pod's life; seconds since the Job was created. */
export interface Stretch {
  row: number;
  kind: Kind;
  from: number;
  to: number;
}

/**
 * A pod's stretches in order, none of them negative: Kubernetes' stamps are whole seconds and the node's clock is another, so one
 * that would begin before its predecessor ends begins there. Only the length of a pull is known; it is drawn first after the scheduling.
 */
export function stretchesOf(node: NodeRecord, pod: PodTimes | undefined, created: number, row: number): Stretch[] {
  const [first] = node.rounds;
  const last = node.rounds.at(-1);
  if (first === undefined || last === undefined) return [];
  const stretches: Stretch[] = [];
  let clock = 0;
  const until = (kind: Kind, end: number) => {
    const to = Math.max(clock, end - created);
    if (to > clock) stretches.push({ row, kind, from: clock, to });
    clock = to;
  };
  const began = Math.max(node.started, created);
  const scheduled = Math.min(pod?.scheduled ?? created, began);
  until("scheduling", scheduled);
  until("pull", Math.min(scheduled + (pod?.pull ?? 0), began));
  until("start", Math.max(began, first.start - node.warmUp));
  until("warm-up", first.start);
  for (const round of node.rounds) {
    clock = Math.max(clock, round.start - created);
    until("round", round.end);
  }
  until("end", Math.max(node.ended, pod?.finished ?? 0));
  return stretches;
}

/** One row of stretches for each worker's pod. */
export function timelineChart({ nodes, timeline, metrics }: Measurement): Chart {
  const pods = nodes.map((node) => timeline.pods.find(({ index }) => index === node.index));
  const stretches = nodes.flatMap((node, row) => stretchesOf(node, pods[row], timeline.created, row));
  const labels = shortNames(nodes);
  const { overhead, elapsed } = metrics;
  const present = new Set(stretches.map(({ kind }) => kind));
  const since = (epoch: number | null | undefined) =>
    orDash(epoch ?? null, (known) => coarse(known - timeline.created));
  return {
    id: "timeline",
    title: "What every pod did",
    description: `Seconds since the Job was created. Thick is computing, thin is what Kubernetes costs: ${
      overhead === null || elapsed === null
        ? "how much is unknown here, because the clocks contradict each other."
        : `${coarse(overhead)} of the ${coarse(elapsed)} until the last pod ended.`
    } Kubernetes stamps whole seconds and the nodes have clocks of their own, so the thin parts are good to about a second.`,
    legend: kinds.filter((kind) => present.has(kind)).map((kind) => ({ sign: `bar ${kind}`, text: texts[kind] })),
    draw: (frame) => plot(stretches, labels, frame),
    table: {
      caption: "Seconds since the Job was created",
      heads: [
        "Worker",
        "Pod",
        "Scheduled",
        "Pull took",
        "Container started",
        "pi.py began",
        "Warm-up took",
        "Rounds from – to",
        "Ended",
        "Container ended",
      ],
      rows: nodes.map((node, i) => [
        node.node,
        node.pod,
        since(pods[i]?.scheduled),
        orDash(pods[i]?.pull ?? null, (pull) => (pull === 0 ? "was there" : coarse(pull))),
        since(pods[i]?.started),
        since(node.started),
        seconds(node.warmUp),
        node.rounds.map(({ start, end }) => `${since(start).replace(" s", "")} – ${since(end)}`).join(", "),
        since(node.ended),
        since(pods[i]?.finished),
      ]),
    },
  };
}

const texts: Record<Kind, string> = {
  scheduling: "waits for its node",
  pull: "image pull",
  start: "container and Python start",
  "warm-up": "warm-up",
  round: "a timed round",
  end: "ends",
};

const computing = (kind: Kind) => kind === "warm-up" || kind === "round";

function plot(stretches: readonly Stretch[], labels: readonly string[], frame: Frame): Plot.PlotOptions {
  const named = labels.length <= namedRows;
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
  return {
    marginTop: 8,
    marginBottom: 40,
    marginLeft: named && !frame.narrow ? 190 : 12,
    marginRight: 24,
    height: labels.length * height + 48,
    x: {
      label: "seconds since the Job was created",
      labelAnchor: "center",
      labelArrow: "none",
      zero: true,
      tickSize: 0,
      ticks: frame.narrow ? 5 : 9,
    },
    y: { type: "band", domain: labels.map((_, row) => row), axis: null, padding: 0 },
    marks: [
      Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks: frame.narrow ? 5 : 9 }),
      Plot.ruleX([0], { stroke: "var(--muted)" }),
      bars(false, thick * 0.36),
      bars(true, thick),
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
