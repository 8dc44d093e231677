// Names of the single machine wherever it is shown next to the workers.
import { isMeasured, type SingleMachine, workerOf } from "../analysis/records.ts";

/** A worker's own name, or the program that ran it. */
export function singleMachineName(baseline: SingleMachine): string {
  if (!isMeasured(baseline)) return "single machine";
  const worker = workerOf(baseline);
  return worker === undefined ? `single machine (${baseline.mode})` : `${worker}, alone`;
}

/**
 * What the workers are compared with, as the subject of a sentence. A process that leaves the machine's other cores
 * idle does not represent the machine.
 */
export function singleSubject(baseline: SingleMachine): string {
  const processes = isMeasured(baseline) ? baseline.processes : 1;
  if (processes === 1) return "one process of the single machine";
  const all = isMeasured(baseline) && processes === Math.floor(baseline.cores);
  return all ? `the single machine with all its ${processes} cores` : `${processes} processes of the single machine`;
}

/** The same after its first mention. */
export function thatSubject(baseline: SingleMachine): string {
  const subject = singleSubject(baseline);
  if (subject.startsWith("one")) return "that process";
  return subject.startsWith("the") ? "that machine" : "those processes";
}
