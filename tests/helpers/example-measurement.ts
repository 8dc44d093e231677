// Measurements as a stack's outputs hold them, for the tests of the report and of the history.
import { computeMetrics } from "../../analysis/metrics.ts";
import { isMeasured, type SingleMachine } from "../../analysis/records.ts";
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
}

/** Six rounds around a time, as they come. */
export const rounds = (seconds: number) => [1, 1.02, 0.99, 1.01, 1.03, 0.98].map((factor) => seconds * factor);

/** Three Raspberry Pis against a laptop, as in the tutorial, unless given otherwise. */
export function example({
  workers = [5.6, 5.7, 5.88],
  names = workers.map((_, index) => `raspi-2025-${["gray", "black", "blue"][index] ?? index}`),
  single = baselineRecord(rounds(1.52)),
  started = 1_764_000_003.25,
  shared = false,
}: Example = {}): Measurement {
  const machineOf = <T extends { machine: { bootId: string | null } }>(run: T): T => ({
    ...run,
    cores: 2,
    machine: { ...run.machine, bootId: shared ? "one" : null },
  });
  const nodes = workers.map((seconds, index) => {
    const times = {
      index,
      seconds: rounds(seconds),
      started: started + index / 1000,
      warmUp: seconds / 10,
      farewell: 0.05,
    };
    return { ...machineOf(nodeRecord(times)), node: names[index] ?? "" };
  });
  const baseline = isMeasured(single) ? machineOf(single) : single;
  const created = Math.floor(started) - 3;
  const timeline = {
    created,
    pods: nodes.map(({ index, ended }) =>
      podTimes({ index, scheduled: created + 1, started: created + 3, finished: Math.ceil(ended), pull: 1.5 }),
    ),
  };
  const metrics = computeMetrics(nodes, baseline, timeline);
  return {
    nodes,
    baseline,
    timeline,
    metrics,
    workload: { image: "python:3.9-slim", samples: 1_000_000, rounds: 6, processes: 1, seed: "", timeout: 600 },
    summary: summarize({ nodes, baseline, metrics, notes: [] }),
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
