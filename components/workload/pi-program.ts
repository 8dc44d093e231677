// pi.py as text, and the arguments that make it do a stack's work: the same ones in the pods and on the
// single machine, so that both do the same.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { singleIndex } from "../../analysis/records.ts";
import type { Workload } from "../config.ts";

/** The program that is measured. Read once: its text is part of what the resources depend on. */
export const program: string = readFileSync(new URL("pi.py", import.meta.url), "utf8");

/** Tells one pi.py from another: the first 16 hexadecimal digits of its SHA-256. */
export const programHash: string = createHash("sha256").update(program).digest("hex").slice(0, 16);

/** What one start of pi.py does of a workload, where that is not all of it on a worker. */
export interface PartOfRun {
  /** Names the streams of random numbers. Default: the pod's completion index. */
  index?: typeof singleIndex;
  /** Number of the first of its rounds, which names their streams. Default: 0. */
  firstRound?: number;
  /** How many of the workload's rounds it does. Default: all. */
  rounds?: number;
  /** The least of untimed work before and after the rounds, in seconds. Default: none for a workload of one round, else pi.py's. */
  warmUp?: number;
  /** Default: the workload's. */
  seed?: string;
}

/** Command-line arguments of pi.py for this work, or for a part of it. */
export function programArguments(workload: Workload, part: PartOfRun = {}): string[] {
  const { index, firstRound, rounds = workload.rounds, seed = workload.seed } = part;
  // One round is the tutorial's way. A part of several rounds keeps its warm-up, also where it has but one of them.
  const { warmUp = workload.rounds === 1 ? 0 : undefined } = part;
  return [
    `--samples=${workload.samples}`,
    `--rounds=${rounds}`,
    `--processes=${workload.processes}`,
    ...(warmUp === undefined ? [] : [`--warm-up=${warmUp}`]),
    ...(index === undefined ? [] : [`--index=${index}`]),
    ...(firstRound === undefined ? [] : [`--first-round=${firstRound}`]),
    `--seed=${seed}`,
  ];
}

/** A small part of the same work, done first: whatever makes it impossible shows after a second and not after minutes. */
export function quickCheck(workload: Workload): Workload {
  return { ...workload, samples: 100_000, rounds: 1 };
}
