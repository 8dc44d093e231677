// Records like those of pi.py and the collector, for tests. A test only gives the values that it is about. The others are
// plausible.
import type { BaselineRecord, NodeRecord, PodTimes, Run, Timeline } from "../../analysis/records.ts";
import { isNonEmpty, mean } from "../../analysis/values.ts";

const idle = { memoryAvailable: 4_000_000_000, swapUsed: 0, throttled: 0, cpuTime: 0 };

interface Times {
  /** Seconds of each timed round. */
  seconds: readonly number[];
  /** When pi.py began, seconds since the epoch. */
  started?: number;
  warmUp?: number;
  coolDown?: number;
  /** Seconds between the cool-down and the end. */
  farewell?: number;
  /** Of every round. */
  waited?: number | null;
}

/** The output of pi.py. */
export function runRecord({ seconds, started = 0, warmUp = 0, coolDown = 0, farewell = 0, waited = 0 }: Times): Run {
  const inside = 785_398;
  let clock = started + warmUp;
  const rounds = seconds.map((length) => {
    const start = clock;
    clock += length;
    return { start, end: clock, seconds: length, inside, waited };
  });
  return {
    seed: "00",
    python: "3.9.25",
    machine: {
      architecture: "aarch64",
      cpu: "Cortex-A72",
      board: "Raspberry Pi 4 Model B Rev 1.4",
      kernel: "6.1",
      governor: "performance",
      threadsPerCore: 1,
      memoryTotal: 8_000_000_000,
      seccomp: 2,
      speculationStoreBypass: "not vulnerable",
      stolen: 0,
      health: { temperature: 50, underVoltage: false, capped: false },
      bootId: null,
      before: idle,
      after: { ...idle, cpuTime: clock + coolDown - started },
    },
    cores: 4,
    processes: 1,
    samples: 1_000_000 * seconds.length,
    inside: inside * seconds.length,
    pi: (4 * inside) / 1_000_000,
    seconds: isNonEmpty(seconds) ? mean(seconds) : 0,
    warmUp,
    coolDown,
    started,
    ended: clock + coolDown + farewell,
    rounds,
  };
}

/** A worker's record. */
export function nodeRecord(times: Times & { index?: number }): NodeRecord {
  const { index = 0 } = times;
  return { node: `pi-${index}`, pod: `pi-calculation-job-${index}`, index, digest: null, ...runRecord(times) };
}

/** The single machine's record. The first half of the rounds is before the Job, with one more if their number is odd. */
export function baselineRecord(seconds: readonly number[], started = 0): BaselineRecord {
  const run = runRecord({ seconds, started });
  const before = Math.ceil(seconds.length / 2);
  const rounds = run.rounds.map((round, i) => ({
    ...round,
    part: i < before ? ("before" as const) : ("after" as const),
  }));
  const parts = (["before", "after"] as const).flatMap((part) => {
    const own = rounds.filter((round) => round.part === part);
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [{ part, started: first.start, ended: last.end, warmUp: 0, coolDown: 0, elapsed: last.end - first.start }];
  });
  const elapsed = parts.reduce((sum, part) => sum + part.elapsed, 0);
  return { mode: "docker", elapsed, overhead: 0, digest: null, parts, ...run, rounds };
}

/** The collector's observations of one pod. */
export function podTimes(times: Partial<PodTimes>): PodTimes {
  return { index: 0, scheduled: null, started: null, finished: null, pull: 0, read: null, clockShift: 0, ...times };
}

/** The collector's observations of pods that were read at these seconds after the release. */
export function timelineOf(read: readonly number[], released = 0): Timeline {
  return { released, pods: read.map((seconds, index) => podTimes({ index, read: seconds })) };
}
