// Runs of the history, made up.

import type { Scaling } from "../../analysis/scaling/study-records.ts";
import { type Entry, entryOf, type FormerEntry } from "../../report/history/entries.ts";
import { keptStudy } from "../../report/history/studies.ts";
import { example, rounds } from "./example-measurement.ts";
import { baselineRecord } from "./example-records.ts";
import { type ExampleStudy, exampleScaling } from "./example-scaling.ts";

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

/** A run on the given day with a scaling study, each day's a little slower than the one before. */
export function studiedEntry(
  at: number,
  study: ExampleStudy = {},
  changed: Partial<Entry["settings"]> = {},
  adjusted: (scaling: Scaling) => Scaling = (scaling) => scaling,
): Entry {
  const scaling = exampleScaling({
    // Blocks have levels of their own, and each point its luck.
    time: (workers, block) =>
      (1 + block / 10 + at / 1000 + ((workers * workers + 3 * block * workers) % 5) / 200) *
      (study.kind === "strong" ? 1 / workers : 1),
    ...study,
  });
  const points = scaling.points.map((point) => ({ ...point, when: (point.when ?? 0) + at * day }));
  return { ...entry(at, 1.52, 3.8, changed), study: keptStudy(adjusted({ ...scaling, points }), 0) };
}

/** A run as a former version has kept it. */
export function formerEntry(at: number, single = 1.52): FormerEntry {
  const { settings, study: _, ...made } = entry(at, single);
  const { digest, python, program, kernel, cpu, host, ...former } = settings;
  return { ...made, record: "pi-speedup/history/1", settings: former, versions: { Python: python, kernel } };
}
