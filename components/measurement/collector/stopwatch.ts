// When the Job was released, and when the states of its pods were observed: by the collector's clock, in whole
// milliseconds, so that the annotation gives the same figures again.
import * as v from "valibot";
import { clockShiftOf } from "../../../analysis/clock-shift.ts";
import type { NodeRecord, PodTimes, Timeline } from "../../../analysis/records.ts";

/** Names of the Job's annotations: the time of its release, and the collector's observations. */
export const annotations = { released: "pi-speedup/released", timeline: "pi-speedup/timeline" } as const;

/** All annotations of an object together may have 256 KiB. The data of six thousand pods still fits. */
export const annotationLimit = { characters: 250_000 };

/** Milliseconds after the release; null if not observed. */
interface PodMarks {
  scheduled: number | null;
  started: number | null;
  finished: number | null;
  read: number | null;
}

/** A stage that a pod reaches. */
export type Stage = keyof PodMarks;

// Three years, and the years 2000 to 2100. Values outside were not written by us.
const mark = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000_000_000)));
const pull = v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(100_000_000)));
const rowSchema = v.strictTuple([mark, mark, mark, mark, pull]);
const storedSchema = v.pipe(v.string(), v.maxLength(262_144), v.parseJson(), v.array(rowSchema));
const releasedSchema = v.pipe(
  v.string(),
  v.regex(/^\d{9,10}\.\d{3}$/),
  v.transform(Number),
  v.minValue(946_684_800),
  v.maxValue(4_102_444_800),
);

/** What a collector has recorded on a Job. */
export type LeftOnJob = Readonly<Record<string, string>> | undefined;

/** When a Job was released: wall clock, seconds since the epoch. Null if its annotations don't say. */
export function releasedAt(left: LeftOnJob): number | null {
  const parsed = v.safeParse(releasedSchema, left?.[annotations.released]);
  return parsed.success ? parsed.output : null;
}

/** Seconds from a Job's release until its last result was read. Null if its annotations don't say. */
export function tookSeconds(left: LeftOnJob): number | null {
  const parsed = v.safeParse(storedSchema, left?.[annotations.timeline]);
  if (!parsed.success) return null;
  const read = parsed.output.flatMap(([, , , milliseconds]) => milliseconds ?? []);
  return read.length === 0 ? null : Math.max(...read) / 1000;
}

/** Times one Job. */
export class Stopwatch {
  private readonly marks = new Map<number, PodMarks>();
  /** Wall clock, seconds since the epoch with milliseconds. */
  private released: number | null = null;
  private origin = 0;

  /** Must be called just before the request that releases the Job. @returns the text of its annotation. */
  start(): string {
    this.marks.clear();
    this.origin = performance.now();
    this.released = Date.now() / 1000;
    return this.released.toFixed(3);
  }

  /** Records that a pod was observed to have reached a stage. Only the first time counts, and none after `restore`. */
  note(index: number, stage: Stage): void {
    if (this.released === null || this.pulls !== undefined) return;
    const marks = this.marks.get(index) ?? { scheduled: null, started: null, finished: null, read: null };
    marks[stage] ??= Math.round(performance.now() - this.origin);
    this.marks.set(index, marks);
  }

  /**
   * Restores what an earlier run of the collector has recorded. Returns false and restores nothing if it can't be read
   * or has another number of pods.
   */
  restore(released: string | undefined, stored: string | undefined, workers: number): boolean {
    const [start, rows] = [v.safeParse(releasedSchema, released), v.safeParse(storedSchema, stored)];
    if (!start.success || !rows.success || rows.output.length !== workers) return false;
    this.released = start.output;
    for (const [index, [scheduled, started, finished, read]] of rows.output.entries()) {
      this.marks.set(index, { scheduled, started, finished, read });
    }
    this.pulls = rows.output.map(([, , , , seconds]) => seconds);
    return true;
  }

  /** Restored pulls, because Kubernetes has deleted their events meanwhile. */
  private pulls: readonly (number | null)[] | undefined;

  /** The data to record, by index; undefined if it is too large for an annotation. */
  stored(timeline: Timeline): string | undefined {
    const rows = timeline.pods.map(({ index, pull }) => {
      const { scheduled, started, finished, read } = this.marks.get(index) ?? none;
      return [scheduled, started, finished, read, pull];
    });
    const text = JSON.stringify(rows);
    return text.length > annotationLimit.characters ? undefined : text;
  }

  /** What was observed of all pods. @param pulls seconds, by index. */
  timeline(nodes: readonly NodeRecord[], pulls: readonly (number | null)[]): Timeline {
    const { released } = this;
    const pods = nodes.map((node): PodTimes => {
      const marks = this.marks.get(node.index) ?? none;
      const at = (stage: Stage) => (released === null || marks[stage] === null ? null : released + marks[stage] / 1000);
      const ended = at("finished") ?? at("read");
      return {
        index: node.index,
        scheduled: at("scheduled"),
        started: at("started"),
        finished: at("finished"),
        pull: (this.pulls ?? pulls)[node.index] ?? null,
        read: released === null || marks.read === null ? null : marks.read / 1000,
        clockShift: released === null || ended === null ? null : clockShiftOf(node, { released, ended }),
      };
    });
    return { released, pods };
  }
}

const none: PodMarks = { scheduled: null, started: null, finished: null, read: null };
