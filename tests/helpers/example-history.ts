// Runs of the history, made up.
import { type Entry, entryOf } from "../../report/history/entries.ts";
import { example, rounds } from "./example-measurement.ts";
import { baselineRecord } from "./example-records.ts";

export const versions = { Pulumi: "3.250.0" };
export const day = 86_400;

/** A run on the given day: the single machine's seconds, and how much slower than that its workers are. */
export function entry(at: number, single = 1.52, slower = 3.8, changed: Partial<Entry["settings"]> = {}): Entry {
  const base = baselineRecord(rounds(single));
  const measurement = example({
    workers: [1, 1.01, 1.02].map((factor) => factor * slower * single),
    started: 1_764_000_000 + at * day,
    single: { ...base, started: at, seed: String(at) },
  });
  const made = entryOf(measurement, "dev", versions);
  return { ...made, settings: { ...made.settings, ...changed } };
}
