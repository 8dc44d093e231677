// A study as in the stack's output.
import type { Law, Scaling, ScalingKind } from "../../analysis/scaling/study-records.ts";

export interface ExampleStudy {
  kind?: ScalingKind;
  counts?: readonly number[];
  blocks?: number;
  /** Seconds of a round with p workers in a block. */
  time?: (workers: number, block: number) => number;
  /** The overhead in seconds; null if unknown. */
  start?: number | null;
  /** The most that the cores allow with p workers. */
  bound?: (workers: number) => number;
  law?: Law | null;
  reason?: string | null;
}

/** Three blocks of one to four equal workers, each with a level of its own, unless given otherwise. */
export function exampleScaling({
  kind = "weak",
  counts = [1, 2, 3, 4],
  blocks = 3,
  time = (workers, block) => (1 + block / 10) * (kind === "weak" ? 1 : 1 / workers),
  start = 2,
  bound = (workers) => workers,
  law = null,
  reason = law === null ? "No point has one worker." : null,
}: ExampleStudy = {}): Scaling {
  const points = Array.from({ length: blocks }, (_, i) => i + 1).flatMap((block) =>
    counts.map((workers, i) => {
      const seconds = time(workers, block);
      return {
        workers,
        block,
        position: i + 1,
        nodes: Array.from({ length: workers }, (_, node) => `pi-${node}`),
        seconds,
        interval: [0.95 * seconds, 1.05 * seconds] as [number, number],
        elapsed: start === null ? null : start + 6 * seconds,
        times: Array.from({ length: workers }, () => seconds),
        wait: start === null ? null : start + seconds,
        when: 1_764_000_000 + 100 * block + i,
        mean: seconds,
        bound: bound(workers),
        doubts: [],
      };
    }),
  );
  const none = { law: null, reason: "Fewer than 6 worker counts." };
  return { kind, points, law, reason, asUserWaits: { law: null, reason }, universal: none, remarks: [] };
}

/** Amdahl's law, or Gustafson's, with this serial fraction. */
export function exampleLaw(name: Law["name"], coefficient: number, margin = 0.01): Law {
  const t = 2.306;
  return {
    name,
    coefficient,
    interval: [coefficient - margin, coefficient + margin],
    exchange: null,
    limit:
      name === "Amdahl" && coefficient > 0
        ? {
            of: "speed-up",
            value: 1 / coefficient,
            interval: [1 / (coefficient + margin), coefficient > margin ? 1 / (coefficient - margin) : null],
          }
        : null,
    single: 1.2,
    degrees: 8,
    lackOfFit: 0.5,
    variance: [(margin / t) ** 2],
  };
}
