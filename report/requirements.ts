// The conditions that a run was to meet, as rows of a table.
import { besideLimit, betweenBesideLimit, orDash } from "../analysis/format.ts";
import type { JudgedRequirement } from "../analysis/requirements.ts";

/** Heads of the columns of `requirementRows`. */
export const requirementHeads: readonly string[] = ["condition", "verdict", "measured", "95 % interval"];

/** A row for each condition. */
export function requirementRows(requirements: readonly JudgedRequirement[]): string[][] {
  return requirements.map(({ text, verdict, value, interval }) => [
    text,
    verdict,
    orDash(value, besideLimit),
    interval === null ? "–" : betweenBesideLimit(interval),
  ]);
}
