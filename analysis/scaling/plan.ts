// Which points a study measures, in which order and on which workers; and what the setting `study` may be.

import * as v from "valibot";
import type { Fault } from "../fault-ids.js";
import { shortList } from "../format.ts";
import { shuffled } from "./order.ts";
import type { PlannedPoint } from "./study-records.ts";

/** Worker counts, ascending; or all that there are. */
export type Study = "all" | readonly number[];

/** No cluster that a study could measure in a lifetime has more. */
const mostWorkers = 1000;
const allowed = `"all", or worker counts such as "1,2,4", each of them once and from 1 to ${mostWorkers}`;

/** The setting `study`, as a text: nothing, `all`, or worker counts. Its message is what is allowed. */
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
 * What is wrong with a study of this many workers, as a message for the key's owner; null where it can be measured. `key` is the
 * setting's whole name.
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
 * Every point of a study in the order of its measuring. Each block has every count once, in an order that follows from the text of
 * `run` alone, so that the same run is the same study. The nodes are the first ones of `workers`, which so are those of every
 * larger point, too (interleaved trials: Abedi & Brecht 2017).
 * @throws RangeError for a count above the number of workers, which `studyRefusal` tells before.
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
