// What the single machine is called wherever it stands beside the workers.
import { isMeasured, type SingleMachine, workerOf } from "../analysis/records.ts";

/** A worker's own name, or what ran it. */
export function singleMachineName(baseline: SingleMachine): string {
  if (!isMeasured(baseline)) return "single machine";
  const worker = workerOf(baseline);
  return worker === undefined ? `single machine (${baseline.mode})` : `${worker}, alone`;
}
