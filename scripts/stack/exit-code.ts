// The exit codes of the scripts.
import { Failure } from "../../analysis/failure.js";
import { PulumiFailed } from "./pulumi-cli.ts";

/** A run missed a condition of pi-speedup:require, and everything else succeeded. Used for nothing else. */
export const conditionMissed = 3;

/** A run whose results are published, but that missed a condition. */
export class ConditionMissed extends Failure {}

/** Pulumi's code if Pulumi failed, 1 for everything else, except for a missed condition. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConditionMissed) return conditionMissed;
  if (!(error instanceof PulumiFailed)) return 1;
  // Pulumi's own code 3 is about its login, and must not look like a measurement.
  return error.code === conditionMissed ? 1 : error.code;
}
