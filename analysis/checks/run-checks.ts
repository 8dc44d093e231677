// What a reader must know before believing the figures: facts that explain them, and signs that the run is doubtful.
// Thresholds are chosen so that a sound run stays unmarked; a false alarm teaches readers to ignore alarms.
import { clocksShifted, clocksUnsettled, halvesApart, timelineMissing } from "./clocks.ts";
import type { Check, Examined, Finding } from "./finding.ts";
import { capped, heat, underVoltage } from "./health.ts";
import { idleCores } from "./idle-cores.ts";
import { differentGuards, givenBase, pythons, sharedHost, unequalWorkers, unlikeBase } from "./machines.ts";
import { memory } from "./memory.ts";
import { differentImages, pullUnknown, together } from "./pods.ts";
import { fasterThanPossible, skewed, timeBetweenRounds } from "./speed-up.ts";
import { changedBase, commonDrift, singleDrift, steps } from "./steadiness.ts";
import { heldBack, stolenTime, throttled, waitingBase, waitingWorkers } from "./waiting.ts";
import { piOff, processCounts } from "./workload.ts";

const checks: readonly Check[] = [
  sharedHost,
  idleCores,
  unlikeBase,
  givenBase,
  pythons,
  differentImages,
  differentGuards,
  processCounts,
  unequalWorkers,
  skewed,
  fasterThanPossible,
  timeBetweenRounds,
  together,
  pullUnknown,
  timelineMissing,
  clocksUnsettled,
  clocksShifted,
  halvesApart,
  changedBase,
  steps,
  commonDrift,
  singleDrift,
  piOff,
  waitingBase,
  waitingWorkers,
  heldBack,
  stolenTime,
  throttled,
  memory,
  underVoltage,
  heat,
  capped,
];

/** All that is to be said of a run. */
export function runChecks(run: Examined): Finding[] {
  return checks.flatMap((check) => check(run));
}
