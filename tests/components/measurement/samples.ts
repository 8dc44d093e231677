// Records made up for the tests.
import type { BaselineRecord, NodeRecord, Run } from "../../../components/measurement/records.ts";

const idle = { load: 0.1, cpuPressure: 0, memoryAvailable: 2 ** 32, swapUsed: 0, throttled: 0 };

/** A run with the given round times in seconds, 1,000 samples a round, started at `started` (epoch). */
export function runOf({ rounds = [4.1, 4.2, 4.3], started = 1_700_000_000, warmUp = 0.4 } = {}): Run {
  let clock = started + warmUp;
  const timed = rounds.map((seconds) => {
    const start = clock;
    clock += seconds;
    return { start, end: clock, seconds, inside: 785 };
  });
  const sorted = [...rounds].sort((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(rounds.length / 2) - 1, Math.floor(rounds.length / 2) + 1);
  return {
    seed: "00112233445566778899aabbccddeeff",
    python: "3.9.18",
    machine: {
      architecture: "aarch64",
      cpu: "Raspberry Pi 5 Model B",
      kernel: "6.6.31",
      bootId: null,
      before: idle,
      after: idle,
    },
    cores: 4,
    processes: 1,
    samples: rounds.length * 1_000,
    inside: rounds.length * 785,
    pi: 3.14,
    seconds: middle.reduce((sum, each) => sum + each, 0) / middle.length,
    warmUp,
    started,
    ended: clock,
    rounds: timed,
  };
}

export function nodeOf(index: number, run: Parameters<typeof runOf>[0] = {}): NodeRecord {
  return { node: `worker-${index}`, pod: `pi-${index}`, index, ...runOf(run) };
}

export function baselineOf(run: Parameters<typeof runOf>[0] = {}): BaselineRecord {
  return { mode: "docker", elapsed: 6, ...runOf(run) };
}
