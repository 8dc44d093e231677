// The conditions of a run, as rows of a table.
import { besideLimit, betweenBesideLimit, orDash } from "../analysis/format.ts";
import type { JudgedRequirement } from "../analysis/requirements.ts";

/** Column headers for `requirementRows`. */
export const requirementHeads: readonly string[] = ["condition", "verdict", "measured", "95 % interval"];

/** One row per condition. */
export function requirementRows(requirements: readonly JudgedRequirement[]): string[][] {
  return requirements.map(({ text, verdict, value, interval }) => [
    text,
    verdict,
    orDash(value, besideLimit),
    interval === null ? "–" : betweenBesideLimit(interval),
  ]);
}
