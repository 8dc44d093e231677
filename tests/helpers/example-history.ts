// Runs of the history, made up.
import { type Entry, entryOf, type FormerEntry } from "../../report/history/entries.ts";
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
  return { ...made, settings: { ...made.settings, ...changed }, doubts: [] };
}

/** A run as a former version has kept it. */
export function formerEntry(at: number, single = 1.52): FormerEntry {
  const { settings, ...made } = entry(at, single);
  const { digest, python, program, kernel, cpu, host, ...former } = settings;
  return { ...made, record: "pi-speedup/history/1", settings: former, versions: { Python: python, kernel } };
}
