// pi.py as text, and the arguments that make it do a stack's work: the same ones in the pods and on the
// single machine, so that both do the same.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Workload } from "../config.ts";

/** The program that is measured. Read once: its text is part of what the resources depend on. */
export const program: string = readFileSync(new URL("pi.py", import.meta.url), "utf8");

/** Tells one pi.py from another: the first 16 hexadecimal digits of its SHA-256. */
export const programHash: string = createHash("sha256").update(program).digest("hex").slice(0, 16);

/** Command-line arguments of pi.py for this work. */
export function programArguments({ samples, rounds, processes, seed }: Workload): string[] {
  return [`--samples=${samples}`, `--rounds=${rounds}`, `--processes=${processes}`, `--seed=${seed}`];
}

/** A small part of the same work, done first: whatever makes it impossible shows after a second and not after minutes. */
export function quickCheck(workload: Workload): Workload {
  return { ...workload, samples: 100_000, rounds: 1 };
}
