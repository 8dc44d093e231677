// The message before a half of the single machine is measured: which rounds, how long, and what follows. Pure.
import { roughly } from "../../../analysis/format.ts";
import type { BaselineSettings } from "./contract.ts";

/** pi.py works untimed for at least this many seconds before and after its rounds, and for this share of a round. */
const untimed = { seconds: 0.5, ofRound: 0.1 };

/**
 * The line, e.g. `Measuring the single machine in image "x": rounds 1 to 3 of 6, about 4 s. The other 3 follow after
 * the Job.`
 * @param where with its preposition.
 * @param round expected seconds of one round; null if unknown.
 */
export function announcement({ half }: Pick<BaselineSettings, "half">, where: string, round: number | null): string {
  const { first, count, of } = half;
  const last = first + count;
  const numbers = count === 1 ? `round ${last}` : `rounds ${first + 1} to ${last}`;
  const rounds = of === 1 ? "one round" : `${numbers} of ${of}`;
  const left = of - last;
  const next = left === 0 ? "" : ` The other ${left === 1 ? "one follows" : `${left} follow`} after the Job.`;
  return `Measuring the single machine ${where}: ${rounds}${round === null ? "" : `, ${roughly(count * round + margin(of, round))}`}.${next}`;
}

/** Seconds of untimed work around the rounds. */
function margin(of: number, round: number): number {
  return of === 1 ? 0 : 2 * Math.max(untimed.seconds, untimed.ofRound * round);
}
