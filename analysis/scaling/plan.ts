// Which points a study measures, in which order and on which workers; and which values the setting `study` may have.

import * as v from "valibot";
import type { Fault } from "../fault-ids.js";
import { shortList } from "../format.ts";
import { shuffled } from "./order.ts";
import type { PlannedPoint } from "./study-records.ts";

/** Worker counts, ascending; or all counts. */
export type Study = "all" | readonly number[];

/** No cluster that could be measured in a lifetime has more. */
const mostWorkers = 1000;
const allowed = `"all", or worker counts such as "1,2,4", each of them once and from 1 to ${mostWorkers}`;

/** The setting `study` as a text: empty, `all`, or worker counts. The message says which values are allowed. */
export const studySchema = v.pipe(
  v.string(allowed),
  v.maxLength(5000, allowed),
  v.regex(/^\s*(all|\d{1,4}(\s*,\s*\d{1,4})*)?\s*$/, allowed),
  v.transform((text): Study | null => {
    const trimmed = text.trim();
    if (trimmed === "") return null;
    return trimmed === "all"
      ? "all"
      : trimmed
          .split(",")
          .map(Number)
          .toSorted((a, b) => a - b);
  }),
  v.check(
    (study) =>
      study === null ||
      study === "all" ||
      (new Set(study).size === study.length && study.every((count) => count >= 1 && count <= mostWorkers)),
    allowed,
  ),
);

/**
 * Why a study with this many workers is not possible, as a message for the user; null if it is. `key` is the full name
 * of the setting.
 */
export function studyRefusal(key: string, study: Study, workers: number): Fault | null {
  const beyond = study === "all" ? [] : study.filter((count) => count > workers);
  if (beyond.length === 0) return null;
  const take = workers === 1 ? "1 takes part" : `${workers} take part`;
  return {
    id: "study-too-large",
    text: `${key} asks for ${shortList(beyond.map(String))} workers, but only ${take}. Set it to "all" or to worker counts from 1 to ${workers} with \`pulumi config set ${key} VALUE\`.`,
  };
}

/** The worker counts of a study, ascending. */
export function countsOf(study: Study, workers: number): number[] {
  return study === "all" ? Array.from({ length: workers }, (_, i) => i + 1) : study.toSorted((a, b) => a - b);
}

/**
 * Every point of a study, in the order of measurement. Each block has every count once, in an order that depends only
 * on the text of `run`, so the same run gives the same study. A point uses the first nodes of `workers`, so every
 * larger point includes them (interleaved trials: Abedi & Brecht 2017).
 * @throws RangeError for a count above the number of workers, which `studyRefusal` reports first.
 */
export function studyPlan(workers: readonly string[], study: Study, repeats: number, run: string): PlannedPoint[] {
  const counts = countsOf(study, workers.length);
  const beyond = counts.find((count) => count > workers.length);
  if (beyond !== undefined) {
    throw new RangeError(`a study of ${workers.length} workers has no point with ${beyond}; ask for fewer`);
  }
  return Array.from({ length: repeats }, (_, i) => i + 1).flatMap((block) =>
    shuffled(counts, `${block}/${run}`).map((count, i) => ({
      workers: count,
      block,
      position: i + 1,
      nodes: workers.slice(0, count),
    })),
  );
}
