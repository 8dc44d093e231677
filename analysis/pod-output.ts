// Extracts the result from a pod's log.

import * as v from "valibot";
import { Failure } from "./failure.js";
import { printable } from "./printable.js";
import { type Run, runSchema, type singleIndex } from "./records.ts";

/**
 * A log does not contain the one expected result. The message says what is wrong; the remedy depends on where the log
 * comes from.
 */
export class InvalidOutput extends Failure {}

/** The content of one log: the tutorial's line, and the record. */
export interface Result {
  line: string;
  run: Run;
}

/** The origin that a record states. */
export interface Identity {
  /** Its completion index, or the name that it was given. */
  index: number | string;
  node: string;
}

/** The request that pi.py received. */
export interface Asked {
  /** Samples per round. */
  samples: number;
  rounds: number;
  /** Or one per core. */
  processes: number | "cores";
  /** Empty: any seed. */
  seed: string;
  /** The name that its records state. Default: their completion index. */
  index?: typeof singleIndex | undefined;
}

/** The source of a log. */
export interface LogOrigin {
  /** Who printed it, for error messages, e.g. `pod pi-x on node gray`. */
  source: string;
  /** The expected origin of the record. Default: any. */
  expected?: Identity;
  /** The request that the record must match. Default: any. */
  asked?: Asked;
}

const recordStart = '{"record":"pi-speedup/1"';
/** The name of a node contains no blanks and no control characters, so the line is safe to show. */
const tutorialLine = /^Node [\w.-]{1,253}: π ≈ \d{1,2}\.\d{1,9}, Time: \d{1,12}\.\d{1,9}s$/;

/** As many characters as it takes to recognize a line from pi.py. */
const tellingStart = 400;

/** Reads a log in pieces and keeps only what pi.py wrote. Its memory does not grow with the output of others. */
export class LogReader {
  private line = "";
  /** Part of the line being read. */
  private kind: "unknown" | "record" | "foreign" = "unknown";
  private lines = 0;
  private records = 0;
  private record: string | undefined;
  private tutorial: string | undefined;

  /** @param text the next piece, of any length. */
  add(text: string): this {
    const [rest = "", ...ends] = text.split("\n");
    this.grow(rest);
    for (const next of ends) {
      this.endLine();
      this.grow(next);
    }
    return this;
  }

  private grow(text: string): void {
    if (this.kind === "foreign") return;
    this.line += text;
    if (this.kind === "record" || this.line.length < tellingStart) return;
    this.kind = this.line.startsWith(recordStart) ? "record" : "foreign";
    if (this.kind === "foreign") this.line = this.line.slice(0, tellingStart);
  }

  private endLine(): void {
    const line = this.line.trimEnd();
    if (line !== "") this.lines++;
    if (line.startsWith(recordStart)) {
      this.records++;
      this.record ??= line;
    } else if (this.kind !== "foreign" && tutorialLine.test(line)) this.tutorial ??= line;
    this.line = "";
    this.kind = "unknown";
  }

  /**
   * The one result, after the whole log has been read. Other lines are ignored.
   * @throws InvalidOutput if there is no result, more than one, a damaged one, or one with another origin.
   */
  result(origin: LogOrigin): Result {
    this.endLine();
    const { source } = origin;
    if (this.record === undefined) {
      throw new InvalidOutput(
        "log-empty",
        `The log of ${source} holds no result (${this.lines} lines were read). It should have a line that starts with ${recordStart}.`,
      );
    }
    if (this.records > 1)
      throw new InvalidOutput("log-twice", `The log of ${source} holds ${this.records} results instead of one.`);
    if (this.tutorial === undefined)
      throw new InvalidOutput(
        "log-half",
        `The log of ${source} holds a record, but no line such as "Node NAME: π ≈ 3.14, Time: 1.00s".`,
      );
    // A copy, because a substring keeps the whole string in memory.
    return { line: Buffer.from(this.tutorial).toString(), run: parseRecord(this.record, origin) };
  }
}

/** The one result in a complete log. Throws as {@link LogReader.result} does. */
export function parseLog(log: string, origin: LogOrigin): Result {
  return new LogReader().add(log).result(origin);
}

/** The record line as pi.py prints it: a run and its origin. */
const recordSchema = v.object({
  index: v.union([v.number(), v.pipe(v.string(), v.maxLength(64))]),
  node: v.pipe(v.string(), v.maxLength(253)),
  ...runSchema.entries,
});

function parseRecord(record: string, { source, expected, asked }: LogOrigin): Run {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    throw new InvalidOutput(
      "log-garbled",
      `The record in the log of ${source} is cut off or garbled after ${record.length} characters: "…${record.slice(-60)}".`,
    );
  }
  const parsed = v.safeParse(recordSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new InvalidOutput(
      "log-wrong",
      `The record in the log of ${source} is not what pi.py prints: ${v.getDotPath(issue)}: ${issue.message}.`,
    );
  }
  const { index, node, ...run } = parsed.output;
  if (expected !== undefined && (index !== expected.index || node !== expected.node)) {
    throw new InvalidOutput(
      "log-foreign",
      `The record in the log of ${source} comes from somebody else: index ${index} on node ${node} instead of index ${expected.index} on node ${expected.node}.`,
    );
  }
  const contradiction = contradictionIn(run) ?? (asked && differenceFrom(asked, run));
  if (contradiction === undefined) return run;
  throw new InvalidOutput("log-implausible", `The record in the log of ${source} cannot be true: ${contradiction}.`);
}

/** Seconds since the epoch: the year 2100. A clock that was never set is behind, which a shift corrects. */
const latest = 4_102_444_800;

/** What is contradictory or impossible in a record; undefined if nothing. */
function contradictionIn({ samples, inside, rounds, started, ended }: Run): string | undefined {
  const stamps = [started, ended, ...rounds.flatMap(({ start, end }) => [start, end])];
  const odd = stamps.find((stamp) => stamp > latest);
  if (odd !== undefined) return `it has the time ${odd} s since 1970, so set that machine's clock`;
  const perRound = samples / rounds.length;
  if (!Number.isInteger(perRound)) return `${samples} samples are no multiple of its ${rounds.length} rounds`;
  const full = rounds.find((round) => round.inside > perRound);
  if (full !== undefined) return `${full.inside} of ${perRound} throws of a round are inside`;
  const total = rounds.reduce((sum, round) => sum + round.inside, 0);
  if (total !== inside) return `${inside} throws are inside, and ${total} by its rounds`;
  return undefined;
}

/** Where a record does not match the request; undefined if it does. */
function differenceFrom({ samples, rounds, processes, seed }: Asked, run: Run): string | undefined {
  const found = { samples: run.samples / run.rounds.length, rounds: run.rounds.length };
  for (const [what, number, wanted] of [
    ["rounds", found.rounds, rounds],
    ["samples in a round", found.samples, samples],
    ["processes", run.processes, processes === "cores" ? run.processes : processes],
  ] as const) {
    if (number !== wanted) return `it has ${number} ${what}, where ${wanted} were asked for`;
  }
  // The strings in a record are kept in printable form.
  return seed !== "" && run.seed !== printable(seed) ? "its seed is not the one that was set" : undefined;
}
