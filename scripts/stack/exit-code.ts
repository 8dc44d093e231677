// With which code a script ends.
import { Failure } from "../../analysis/failure.js";
import { PulumiFailed } from "./pulumi-cli.ts";

/** A run that has missed a condition of pi-speedup:require; all else went well. Nothing else ends so. */
export const conditionMissed = 3;

/** A run whose results are published, and that has missed a condition. */
export class ConditionMissed extends Failure {}

/** That of Pulumi where Pulumi failed, 1 for everything else; but for a condition that was missed. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConditionMissed) return conditionMissed;
  if (!(error instanceof PulumiFailed)) return 1;
  // Pulumi's own 3 is about its login, and must not be taken for a measurement.
  return error.code === conditionMissed ? 1 : error.code;
}
