// What a reader must know before believing the figures: facts that explain them, and signs that the run is doubtful.
// Thresholds are chosen so that a sound run stays unmarked; a false alarm teaches readers to ignore alarms.
import { clocks } from "./clocks.ts";
import type { Check, Examined, Finding } from "./finding.ts";
import { busyBefore, heldBack, memory, throttled } from "./load.ts";
import { givenBase, pythons, sharedHost, unequalWorkers, unlikeBase } from "./machines.ts";
import { scatter, slowerRounds, together } from "./rounds.ts";
import { piOff, processCounts } from "./workload.ts";

const checks: readonly Check[] = [
  sharedHost,
  unlikeBase,
  givenBase,
  pythons,
  processCounts,
  unequalWorkers,
  slowerRounds,
  scatter,
  together,
  piOff,
  clocks,
  heldBack,
  busyBefore,
  memory,
  throttled,
];

/** All that is to be said of a run. */
export function runChecks(run: Examined): Finding[] {
  return checks.flatMap((check) => check(run));
}

/** What makes a run doubtful, each reason once. */
export function doubtsOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.filter(({ doubtful }) => doubtful).map(({ check }) => check))];
}

/** The verdict on the run itself, one sentence. */
export function runVerdict(findings: readonly Finding[]): string {
  const doubts = doubtsOf(findings);
  return doubts.length === 0 ? "The run is good." : `The run is doubtful: ${doubts.join("; ")}.`;
}
