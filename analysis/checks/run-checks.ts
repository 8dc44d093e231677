// All checks of a run. They return facts that explain the figures, and signs that the run is doubtful. The thresholds
// leave a sound run unmarked, because false alarms teach readers to ignore alarms.
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

/** Runs all checks. */
export function runChecks(run: Examined): Finding[] {
  return checks.flatMap((check) => check(run));
}
