// Measurements as in a stack's outputs, for the tests of the report and the history.
import { assess } from "../../analysis/assessment.ts";
import { type BaselineRecord, isMeasured, type SingleMachine } from "../../analysis/records.ts";
import type { Measurement } from "../../report/outputs.ts";
import { summarize } from "../../report/summary.ts";
import { baselineRecord, nodeRecord, podTimes } from "./example-records.ts";

export interface Example {
  /** Seconds of a round on each worker. */
  workers?: readonly number[];
  names?: readonly string[];
  single?: SingleMachine;
  /** When pi.py began, seconds since the epoch. */
  started?: number;
  /** All workers are one computer, the single machine too. */
  shared?: boolean;
  /** Timed rounds: factors of each worker's seconds. */
  factors?: readonly number[];
  /** Whether the collector found the Job finished, without its timeline. */
  foundFinished?: boolean;
}

const sixRounds = [1, 1.02, 0.99, 1.01, 1.03, 0.98];
/** Six rounds around a time, as they come. */
export const rounds = (seconds: number) => sixRounds.map((factor) => seconds * factor);

/**
 * Three Raspberry Pis against a laptop, as in the tutorial, unless changed. The Job is released 3 s before pi.py
 * begins, the results are read 0.5 s after it ends, and the single machine's halves enclose it, at most 20 s away.
 */
export function example({
  workers = [5.6, 5.7, 5.88],
  names = workers.map((_, index) => `raspi-2025-${["gray", "black", "blue"][index] ?? index}`),
  single = baselineRecord(rounds(1.52)),
  started = 1_764_000_003.25,
  shared = false,
  factors = sixRounds,
  foundFinished = false,
}: Example = {}): Measurement {
  const machineOf = <T extends { machine: { bootId: string | null } }>(run: T): T => ({
    ...run,
    cores: 2,
    machine: { ...run.machine, bootId: shared ? "one" : null },
  });
  // Long enough for all to compute together at any speed.
  const margin = factors.length === 1 ? 0 : 0.5;
  const longest = Math.max(...workers) * factors.reduce((sum, factor) => sum + factor, 0);
  const nodes = workers.map((seconds, index) => {
    const times = {
      index,
      seconds: factors.map((factor) => factor * seconds),
      started: started + index / 1000,
      warmUp: margin,
      coolDown: margin,
      farewell: 0.05,
    };
    return { ...machineOf(nodeRecord(times)), node: names[index] ?? "" };
  });
  const released = started - 3;
  const baseline = isMeasured(single) ? around(machineOf(single), released, started + longest + 10) : single;
  const timeline = {
    released: foundFinished ? null : released,
    pods: nodes.map(({ index, ended }) =>
      podTimes(
        foundFinished
          ? { index, pull: null, clockShift: null }
          : {
              index,
              scheduled: released + 0.25,
              started: released + 2.5,
              finished: ended + 0.25,
              pull: 1.5,
              read: ended + 0.5 - released,
            },
      ),
    ),
  };
  const assessment = assess({ nodes, timeline }, baseline);
  return {
    nodes,
    baseline,
    timeline,
    metrics: assessment.metrics,
    workload: {
      image: "python:3.9-slim",
      samples: 1_000_000,
      rounds: factors.length,
      processes: 1,
      seed: "",
      timeout: 600,
      program: "0123456789abcdef",
    },
    summary: summarize(assessment),
    requirements: [],
    scaling: null,
  };
}

/** Moves the single machine's halves: one ends 10 s before the release, and one begins 10 s after the end. */
function around(baseline: BaselineRecord, released: number, after: number): BaselineRecord {
  // In records from `baselineRecord`, both parts use one clock that begins at 0. Other records stay unchanged.
  if (baseline.started !== 0) return baseline;
  const before = baseline.parts.find(({ part }) => part === "before");
  const second = baseline.parts.find(({ part }) => part === "after");
  const shift = {
    before: released - 10 - (before?.ended ?? 0),
    after: after - (second?.started ?? 0),
  };
  const moved = baseline.parts.map((part) => ({
    ...part,
    started: part.started + shift[part.part],
    ended: part.ended + shift[part.part],
  }));
  return {
    ...baseline,
    started: Math.min(...moved.map((part) => part.started)),
    ended: Math.max(...moved.map((part) => part.ended)),
    parts: moved,
    rounds: baseline.rounds.map((round) => ({
      ...round,
      start: round.start + shift[round.part],
      end: round.end + shift[round.part],
    })),
  };
}

/** Names that mean something to HTML, to a terminal, or to nobody. */
export const hostileNames = [
  '<script>document.title="hacked"</script>',
  '"><img src="https://example.org/x.png" onerror="alert(1)">',
  "</svg></style></title><style>*{display:none}</style>",
  "\u202eevil\u0000\u001b[31m",
  "名前-中文-ノード-이름",
  "&lt;b&gt;",
  "x".repeat(253),
  "",
];
