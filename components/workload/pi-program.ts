// pi.py as text, and its arguments for a stack's work: the same in the pods and on the single machine, so that both do
// the same.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { singleIndex } from "../../analysis/records.ts";
import type { Workload } from "../config.ts";

/** The program that is measured. Read once, because the resources depend on its text. */
export const program: string = readFileSync(new URL("pi.py", import.meta.url), "utf8");

/** Identifies a version of pi.py: the first 16 hexadecimal digits of its SHA-256. */
export const programHash: string = createHash("sha256").update(program).digest("hex").slice(0, 16);

/** The part of a workload that one start of pi.py runs, if it is not all of it on a worker. */
export interface PartOfRun {
  /** Names the random streams. Default: the pod's completion index. */
  index?: typeof singleIndex;
  /** Number of its first round, for the names of the streams. Default: 0. */
  firstRound?: number;
  /** How many of the workload's rounds it runs. Default: all. */
  rounds?: number;
  /**
   * Minimum of untimed work before and after the rounds, in seconds. Default: none for a workload of one round,
   * otherwise pi.py's.
   */
  warmUp?: number;
  /** Default: the workload's. */
  seed?: string;
}

/** Command-line arguments of pi.py for this work, or for a part of it. */
export function programArguments(workload: Workload, part: PartOfRun = {}): string[] {
  const { index, firstRound, rounds = workload.rounds, seed = workload.seed } = part;
  // A single round works as in the tutorial. A part of several rounds keeps its warm-up, even if it has only one of
  // them.
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

/** A small part of the same work, run first, so that errors appear after a second rather than minutes. */
export function quickCheck(workload: Workload): Workload {
  return { ...workload, samples: 100_000, rounds: 1 };
}
