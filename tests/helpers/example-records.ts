// Records as pi.py and the collector make them, for tests: only what a test speaks of is given, the rest is plausible.
import type { BaselineRecord, NodeRecord, PodTimes, Run } from "../../analysis/records.ts";

const idle = { load: 0, cpuPressure: 0, memoryAvailable: 4_000_000_000, swapUsed: 0, throttled: 0, cpuTime: 0 };

import { isNonEmpty, median } from "../../analysis/values.ts";

interface Times {
  /** Seconds of each timed round. */
  seconds: readonly number[];
  /** When pi.py began, seconds since the epoch. */
  started?: number;
  warmUp?: number;
  /** Seconds between the last round and the end. */
  farewell?: number;
}

/** What pi.py prints. */
export function runRecord({ seconds, started = 0, warmUp = 0, farewell = 0 }: Times): Run {
  const inside = 785_398;
  let clock = started + warmUp;
  const rounds = seconds.map((length) => {
    const start = clock;
    clock += length;
    return { start, end: clock, seconds: length, inside };
  });
  return {
    seed: "00",
    python: "3.9.25",
    machine: {
      architecture: "aarch64",
      cpu: "Raspberry Pi 4",
      kernel: "6.1",
      governor: "performance",
      bootId: null,
      before: idle,
      after: { ...idle, cpuTime: clock - started },
    },
    cores: 4,
    processes: 1,
    samples: 1_000_000 * seconds.length,
    inside: inside * seconds.length,
    pi: (4 * inside) / 1_000_000,
    seconds: isNonEmpty(seconds) ? median(seconds) : 0,
    warmUp,
    started,
    ended: clock + farewell,
    rounds,
  };
}

export function nodeRecord(times: Times & { index?: number }): NodeRecord {
  const { index = 0 } = times;
  return { node: `pi-${index}`, pod: `pi-calculation-job-${index}`, index, ...runRecord(times) };
}

export function baselineRecord(seconds: readonly number[]): BaselineRecord {
  return { mode: "docker", elapsed: null, digest: null, ...runRecord({ seconds }) };
}

export function podTimes(times: Partial<PodTimes>): PodTimes {
  return { index: 0, scheduled: null, started: null, finished: null, pull: null, ...times };
}
