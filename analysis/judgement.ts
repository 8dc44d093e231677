// The two verdicts on a run: whether something disturbed it, and whether the speed-up is precise.
import type { Finding } from "./checks/finding.ts";
import { plural, plusMinus, whole } from "./format.ts";
import type { Metrics } from "./metrics.ts";

/** Half the width of S's interval, relative to S, up to which a run is precise. */
export const precise = 0.1;

/** The verdicts on a run. */
export interface Judgement {
  /** Whether nothing makes the run doubtful. */
  valid: boolean;
  /** The names of the checks that make it doubtful, each once. */
  doubts: string[];
  /** Whether S is known to ± 10 %; null if S has no interval, so nobody can tell. */
  precise: boolean | null;
  /** Half the width of S's interval, relative to S; null if there is none. */
  precision: number | null;
  /** Approximate number of rounds for ± 10 %; null if the run is precise or has no interval. */
  roundsNeeded: number | null;
}

/** Judges a run with this many timed rounds per worker by the findings of its checks. */
export function judge(findings: readonly Finding[], { precision }: Metrics, rounds: number): Judgement {
  const doubts = [...new Set(findings.filter(({ doubtful }) => doubtful).map(({ check }) => check))];
  const isPrecise = precision === null ? null : precision <= precise;
  return {
    valid: doubts.length === 0,
    doubts,
    precise: isPrecise,
    precision,
    // The width decreases with the square root of the number of rounds.
    roundsNeeded: precision === null || isPrecise ? null : Math.ceil(rounds * (precision / precise) ** 2),
  };
}

/** The most rounds that pi-speedup:rounds allows. */
const mostRounds = 10_000;

/** The verdicts as one sentence, doubt first. */
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
