// The input of a check, and its result.
import { type FaultId, withId } from "../fault-ids.js";
import { shortList } from "../format.ts";
import type { Metrics } from "../metrics.ts";
import { isMeasured, type NodeRecord, type Run, type SingleMachine, type Timeline } from "../records.ts";
import type { TimedRun } from "../timed-run.ts";

/** Something that the reader should know. */
export interface Finding {
  /** The subject, in a few words. */
  check: string;
  /** Whole sentences: what was found, what it means, and what to do. */
  text: string;
  /** Whether the figures are doubtful. If not, the finding only explains them. */
  doubtful: boolean;
  /** The section of docs/faults.md that explains it; undefined if there is none. */
  id?: FaultId;
}

/** The data that checks work on. */
export interface Examined {
  /** By index. */
  nodes: readonly NodeRecord[];
  baseline: SingleMachine;
  timeline: Timeline | null;
  /** The run as the formulas see it. Its window and times are in the order of `nodes`. */
  timed: TimedRun;
  metrics: Metrics;
}

/** A record and its owner. */
export interface Named {
  name: string;
  run: Run;
  /** The digest of the image that was run; null if unknown. */
  digest: string | null;
}

/** Checks one aspect of a run. Returns nothing if all is well. */
export type Check = (run: Examined) => Finding[];

/** What a check found on one machine. */
export interface MachineFinding {
  name: string;
  /** The larger, the more severe. */
  badness: number;
  /** A sentence, or several, without the last full stop. */
  found: string;
}

/** All records, by the names used in sentences. */
export function named(nodes: readonly NodeRecord[], baseline: SingleMachine): Named[] {
  const workers = nodes.map((run) => ({ name: run.node, run, digest: run.digest }));
  return isMeasured(baseline)
    ? [...workers, { name: "the single machine", run: baseline, digest: baseline.digest }]
    : workers;
}

/** Creates a finding that only explains the figures. */
export const explain = (check: string, text: string, id?: FaultId): Finding => ({
  check,
  text,
  doubtful: false,
  ...(id !== undefined && { id }),
});

/** Creates a finding that makes the figures doubtful. */
export const doubt = (check: string, text: string, id?: FaultId): Finding => ({
  check,
  text,
  doubtful: true,
  ...(id !== undefined && { id }),
});

/** A finding's text as it is shown, with its id if it has one. */
export function findingText({ text, id }: Finding): string {
  return id === undefined ? text : withId(id, text);
}

/** A sentence on the machines that are less affected, with a space before it; empty if there are none. */
export function lesserText(others: readonly { name: string }[]): string {
  return others.length === 0
    ? ""
    : ` To a lesser degree, this also applies to ${shortList(others.map(({ name }) => name))}.`;
}

/**
 * One finding for all affected machines: the figure of the worst one, and the names of the others.
 * @param advice whole sentences.
 */
export function doubtWorst(check: string, findings: readonly MachineFinding[], advice: string): Finding[] {
  const [worst, ...others] = findings.toSorted((a, b) => b.badness - a.badness || a.name.localeCompare(b.name));
  if (worst === undefined) return [];
  return [doubt(check, `${worst.found}.${lesserText(others)} ${advice}`)];
}
