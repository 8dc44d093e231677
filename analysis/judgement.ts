// Two questions to a run, with two answers: did something disturb it, and is the speed-up known well enough?
import type { Finding } from "./checks/finding.ts";
import { plural, plusMinus, whole } from "./format.ts";
import type { Metrics } from "./metrics.ts";

/** Half of the width of S's interval, as a share of S, up to which a run is precise. */
export const precise = 0.1;

/** What is to be thought of a run. */
export interface Judgement {
  /** Whether nothing makes the run doubtful. */
  valid: boolean;
  /** What makes it doubtful: the names of the checks, each once. */
  doubts: string[];
  /** Whether S is known to ± 10 %; null where S has no interval, so that nobody can tell. */
  precise: boolean | null;
  /** Half of the width of S's interval, as a share of S; null where there is none. */
  precision: number | null;
  /** About how many rounds would give ± 10 %; null where the run is precise, or has no interval. */
  roundsNeeded: number | null;
}

/** Judges a run with so many timed rounds of each worker by what its checks have found. */
export function judge(findings: readonly Finding[], { precision }: Metrics, rounds: number): Judgement {
  const doubts = [...new Set(findings.filter(({ doubtful }) => doubtful).map(({ check }) => check))];
  const isPrecise = precision === null ? null : precision <= precise;
  return {
    valid: doubts.length === 0,
    doubts,
    precise: isPrecise,
    precision,
    // The width shrinks with the square root of the number of rounds.
    roundsNeeded: precision === null || isPrecise ? null : Math.ceil(rounds * (precision / precise) ** 2),
  };
}

/** More the program does not take: pi-speedup:rounds. */
const mostRounds = 10_000;

/** The judgement as one sentence; doubt comes first. */
export function judgementText({ valid, doubts, precise, precision, roundsNeeded }: Judgement): string {
  if (!valid) return `The run is doubtful: ${doubts.join("; ")}.`;
  if (precision === null) return "The run is valid, but too short to be judged: S has no interval.";
  const known = `S is known to ${plusMinus(precision)}`;
  if (precise || roundsNeeded === null) return `The run is valid, and precise: ${known}.`;
  if (roundsNeeded > mostRounds) {
    return `The run is valid, but not precise: ${known}, and no number of such rounds would give ± 10 %.`;
  }
  const more = `${whole(roundsNeeded)} ${plural(roundsNeeded, "round")}`;
  return `The run is valid, but not precise: ${known}, and about ${more} would give ± 10 %.`;
}
