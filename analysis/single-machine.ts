// The single machine's two halves: which rounds each of them runs, and how their records are combined.
import * as v from "valibot";
import { besideComputing } from "./overhead.ts";
import {
  type BaselineRecord,
  baselineRecordSchema,
  type Collection,
  type GivenBaseline,
  type Part,
  type Run,
  runSchema,
  type SingleMachine,
} from "./records.ts";
import { isNonEmpty, mean, sum } from "./values.ts";

const { mode, elapsed, digest } = baselineRecordSchema.entries;

/** One start of pi.py on the single machine: half of its rounds, or all of them if there is only one. */
export const halfSchema = v.object({ mode, elapsed, digest, ...runSchema.entries });
/** The result of one half of the single machine's rounds. */
export type HalfRecord = v.InferOutput<typeof halfSchema>;

/** The data of a half: its record; if nothing was measured, the given seconds, or nothing. */
export type Half = HalfRecord | GivenBaseline | null;

/** Which rounds a half runs. */
export interface HalfRounds {
  /** Number of its first round, counted from 0 through both halves. */
  first: number;
  /** How many rounds; 0 if there is nothing to do. */
  count: number;
}

/** ceil(R/2) of R rounds run before the Job, the rest after it. */
export function roundsOfHalf(rounds: number, part: Part): HalfRounds {
  const before = Math.ceil(rounds / 2);
  return part === "before" ? { first: 0, count: before } : { first: before, count: rounds - before };
}

/**
 * The half that one worker computed alone. Its time goes from the release of its Job until its result was read, by the
 * collector's clock, without the image pull; null if either is unknown.
 * @throws Error if not exactly one worker has computed.
 */
export function halfOfWorker({ nodes, timeline }: Collection): HalfRecord {
  const [record, another] = nodes;
  if (record === undefined || another !== undefined) {
    throw new Error(`one worker is the single machine, ${nodes.length} records were found`);
  }
  const { node, pod: _, index, ...run } = record;
  const { read = null, pull = null } = timeline.pods.find((times) => times.index === index) ?? {};
  const took = read === null || pull === null || read < pull ? null : read - pull;
  return { mode: `worker:${node}`, elapsed: took, ...run };
}

/**
 * Combines the records of both halves. The description of the machine comes from the first half, but a boot id or
 * digest that differs is null. If each half drew its own seed, `seed` holds both, separated by a blank.
 * @param after null for a single round, or for given seconds.
 * @throws Error if there is no first half.
 */
export function joinHalves(before: Half, after: Half): SingleMachine {
  if (before === null) throw new Error("the single machine has no first half");
  if (!isMeasuredHalf(before)) return before;
  return joined(before, after !== null && isMeasuredHalf(after) ? after : null);
}

/** Whether it has a record. */
function isMeasuredHalf(half: HalfRecord | GivenBaseline): half is HalfRecord {
  return "rounds" in half;
}

function joined(first: HalfRecord, second: HalfRecord | null): BaselineRecord {
  const halves = second === null ? [first] : [first, second];
  const last = second ?? first;
  const rounds = halves.flatMap((half, i) => half.rounds.map((round) => ({ ...round, part: partOf(i) })));
  const times = rounds.map(({ seconds }) => seconds);
  if (!isNonEmpty(times)) throw new Error("the single machine's record has no timed round");
  const samples = sum(halves.map((half) => half.samples));
  const inside = sum(halves.map((half) => half.inside));
  const seeds = new Set(halves.map(({ seed }) => seed));
  return {
    mode: first.mode,
    elapsed: sumOfKnown(halves.map((half) => half.elapsed)),
    overhead: overheadOf(halves),
    digest: first.digest === last.digest ? first.digest : null,
    parts: halves.map(({ started, ended, warmUp, coolDown, elapsed }, i) => {
      return { part: partOf(i), started, ended, warmUp, coolDown, elapsed };
    }),
    seed: [...seeds].join(" "),
    python: first.python,
    machine: joinedMachine(first, second),
    cores: Math.min(...halves.map(({ cores }) => cores)),
    processes: first.processes,
    samples,
    inside,
    pi: (4 * inside) / samples,
    seconds: mean(times),
    warmUp: sum(halves.map(({ warmUp }) => warmUp)),
    coolDown: sum(halves.map(({ coolDown }) => coolDown)),
    started: first.started,
    ended: last.ended,
    rounds,
  };
}

function partOf(position: number): Part {
  return position === 0 ? "before" : "after";
}

/**
 * O_S: mean over the halves of the time outside of warm-up, cool-down and rounds, in seconds. Null if one is unknown or
 * makes no sense.
 */
function overheadOf(halves: readonly HalfRecord[]): number | null {
  const costs = halves.map((half) => (half.elapsed === null ? null : besideComputing(half.elapsed, half)));
  if (costs.some((cost) => cost !== null && cost < 0)) return null;
  const all = sumOfKnown(costs);
  return all === null ? null : all / halves.length;
}

/** Null if one is unknown. */
function sumOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? sum(known) : null;
}

/** One machine, used twice. Counters leave out the time between the halves. */
function joinedMachine(first: HalfRecord, second: HalfRecord | null): Run["machine"] {
  if (second === null) return first.machine;
  const [one, other] = [first.machine, second.machine];
  const halves = [one, other];
  return {
    ...one,
    bootId: one.bootId === other.bootId ? one.bootId : null,
    stolen: stolen([first, second]),
    health: {
      temperature: highest(halves.map(({ health }) => health.temperature)),
      underVoltage: any(halves.map(({ health }) => health.underVoltage)),
      capped: any(halves.map(({ health }) => health.capped)),
    },
    after: {
      ...other.after,
      // Each half counts from its own start.
      cpuTime: one.after.cpuTime + other.after.cpuTime - other.before.cpuTime,
      throttled: sumOfKnown([
        one.after.throttled,
        other.after.throttled,
        other.before.throttled === null ? null : -other.before.throttled,
      ]),
    },
  };
}

/** The longer half has more weight. */
function stolen(halves: readonly HalfRecord[]): number | null {
  const spans = halves.map(({ started, ended }) => Math.max(0, ended - started));
  const shares = sumOfKnown(halves.map(({ machine }, i) => machine.stolen && machine.stolen * (spans[i] ?? 0)));
  const all = sum(spans);
  // If a clock was set back, there is no span to weight by.
  if (shares === null || all > 0) return shares === null ? null : Math.min(1, shares / all);
  return highest(halves.map(({ machine }) => machine.stolen));
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** True if one is true; null if none is known. */
function any(values: readonly (boolean | null)[]): boolean | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.includes(true);
}
