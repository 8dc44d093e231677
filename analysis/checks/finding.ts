// What a check is given, and what it has to say.
import { type FaultId, withId } from "../fault-ids.js";
import { shortList } from "../format.ts";
import type { Metrics } from "../metrics.ts";
import { isMeasured, type NodeRecord, type Run, type SingleMachine, type Timeline } from "../records.ts";
import type { TimedRun } from "../timed-run.ts";

/** Something that a reader must know. */
export interface Finding {
  /** What it is about, in a few words. */
  check: string;
  /** Whole sentences: what was found, what it means, what to do. */
  text: string;
  /** Whether it makes the figures doubtful; else it only explains them. */
  doubtful: boolean;
  /** Where docs/faults.md explains it; undefined where it does not. */
  id?: FaultId;
}

/** What is known of a run when it is checked. */
export interface Examined {
  /** By index. */
  nodes: readonly NodeRecord[];
  baseline: SingleMachine;
  timeline: Timeline | null;
  /** The run as the formulas see it: its window and its times are in the order of `nodes`. */
  timed: TimedRun;
  metrics: Metrics;
}

/** A record and whose it is. */
export interface Named {
  name: string;
  run: Run;
  /** Which content the image's name stood for; null where nothing tells. */
  digest: string | null;
}

/** One question to a run; nothing found, nothing said. */
export type Check = (run: Examined) => Finding[];

/** What a check has found on one machine. */
export interface MachineFinding {
  name: string;
  /** The larger, the worse. */
  badness: number;
  /** The beginning of a sentence. */
  found: string;
}

/** All records by the names that sentences call them. */
export function named(nodes: readonly NodeRecord[], baseline: SingleMachine): Named[] {
  const workers = nodes.map((run) => ({ name: run.node, run, digest: run.digest }));
  return isMeasured(baseline)
    ? [...workers, { name: "the single machine", run: baseline, digest: baseline.digest }]
    : workers;
}

/** A finding that only explains the figures. */
export const explain = (check: string, text: string, id?: FaultId): Finding => ({
  check,
  text,
  doubtful: false,
  ...(id !== undefined && { id }),
});

/** A finding that makes the figures doubtful. */
export const doubt = (check: string, text: string, id?: FaultId): Finding => ({
  check,
  text,
  doubtful: true,
  ...(id !== undefined && { id }),
});

/** A finding's text as it is shown: with its id, where it has one. */
export function findingText({ text, id }: Finding): string {
  return id === undefined ? text : withId(id, text);
}

/** One note however many machines a check strikes: the worst one's figure, the others' names. */
export function doubtWorst(check: string, findings: readonly MachineFinding[], advice: string): Finding[] {
  const [worst, ...others] = findings.toSorted((a, b) => b.badness - a.badness || a.name.localeCompare(b.name));
  if (worst === undefined) return [];
  const lesser = others.length === 0 ? "" : `, and less so ${shortList(others.map(({ name }) => name))}`;
  return [doubt(check, `${worst.found}${lesser}: ${advice}.`)];
}
