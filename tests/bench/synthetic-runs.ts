// Synthetic runs: pods that start and end at different times, rounds that vary, clocks that are off, and all kinds of
// disturbances. Each run goes through the whole analysis, from records to findings.
import { type Assessment, assess } from "../../analysis/assessment.ts";
import { clockShiftOf } from "../../analysis/clock-shift.ts";
import type { BaselineRecord, NodeRecord, Part, Timeline } from "../../analysis/records.ts";
import { sum } from "../../analysis/values.ts";
import { baselineRecord, nodeRecord, podTimes } from "../helpers/example-records.ts";
import { aroundJob } from "../helpers/example-run.ts";

/** The kind of run. A sound one has only the first four. */
export interface Setting {
  workers: number;
  rounds: number;
  /** Standard deviation of a round, as a share of it. */
  noise: number;
  /** Each worker on a machine of its own, of which the first is the single machine; or all on one of two cores. */
  hosts: "own" | "crowded";
  /** Factor of a worker's round, by the position in its run (0 up to, not including, 1). */
  slowed?: (worker: number, position: number) => number;
  /** Factor of the single machine's rounds. */
  slowedBase?: (part: Part) => number;
  /** Share of the single machine's time in which it waits for a processor; its rounds take longer by this share. */
  baseWaits?: number;
  /** The same for workers on separate machines; on a crowded one, beyond the time that they wait for each other. */
  workersWait?: number;
  /** Seconds between a worker's rounds. */
  pause?: number;
  /** Seconds by which the last worker starts later. */
  late?: number;
  /** Seconds by which the last worker's clock is ahead, by the position in its run. */
  ahead?: (position: number) => number;
  /** Share of the workers' processor time that a hypervisor took. */
  stolen?: number;
  /** Chance that a worker's round takes three times as long. */
  outliers?: number;
}

export type Random = () => number;

/** Repeatable numbers in [0, 1) from a text: Weyl sequence with a mixing function (mulberry32). */
export function generator(seed: string): Random {
  let state = 2166136261;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal, by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Seconds of an undisturbed round, and of the untimed work before and after the rounds: pi.py's minimum. */
const round = 1;
const untimed = 0.5;
/** Cores of the crowded machine. */
const crowdedCores = 2;
const released = 1_764_000_000;
const throws = 1_000_000;

/** The course of one worker's run: when it begins, and how long its rounds take. */
interface Course {
  started: number;
  seconds: number[];
}

/** One run of this kind, with all its findings. */
export function syntheticRun(setting: Setting, random: Random): Assessment {
  const { workers, rounds, noise, hosts, slowed, outliers = 0, late = 0 } = setting;
  const work = Array.from({ length: workers }, (_, worker) =>
    Array.from({ length: rounds }, (_, i) => {
      const outlier = random() < outliers ? 3 : 1;
      return Math.max(0.2, 1 + noise * normal(random)) * round * outlier * (slowed?.(worker, i / rounds) ?? 1);
    }),
  );
  // Containers are up within a second of each other.
  const starts = work.map((_, i) => released + 0.5 + random() + (i === workers - 1 ? late : 0));
  const wait = setting.workersWait ?? 0.02 * random();
  const courses =
    hosts === "own"
      ? work.map((seconds, i) => ({
          started: starts[i] ?? released,
          seconds: seconds.map((each) => each / (1 - wait)),
        }))
      : crowded(work, starts, wait);
  const nodes = courses.map((course, index) => recordOf(course, index, setting, wait, random));
  const timeline = timelineOf(nodes, setting);
  const last = Math.max(...timeline.pods.map(({ read }) => read ?? 0));
  const baseline = singleMachine(setting, released + last, random);
  return assess({ nodes: nodes.map((node) => withClock(node, setting)), timeline }, baseline);
}

/** Processes that share cores equally: of three on two cores each has two thirds of one, of two each has one. */
function crowded(work: readonly number[][], starts: readonly number[], others: number): Course[] {
  const courses = work.map((_, i): Course => ({ started: starts[i] ?? released, seconds: [] }));
  // Untimed work lasts a certain time, a round until its work is done.
  const states = work.map((rounds, i) => ({ i, rounds, at: 0, left: untimed, begun: starts[i] ?? released }));
  let now = Math.min(...starts);
  for (;;) {
    const open = states.filter(({ rounds, at }) => at <= rounds.length + 1);
    if (open.length === 0) return courses;
    const active = open.filter(({ begun }) => begun <= now);
    const speed = Math.min(1, (crowdedCores * (1 - others)) / Math.max(1, active.length));
    const isTimed = ({ at, rounds }: (typeof states)[number]) => at > 0 && at <= rounds.length;
    const rate = (state: (typeof states)[number]) => (isTimed(state) ? speed : 1);
    const ends = open.map((state) => (state.begun <= now ? state.left / rate(state) : state.begun - now));
    const step = Math.max(1e-9, Math.min(...ends));
    now += step;
    for (const state of active) {
      state.left -= step * rate(state);
      if (state.left > 1e-9) continue;
      if (isTimed(state)) courses[state.i]?.seconds.push(now - state.begun);
      state.at++;
      state.begun = now;
      state.left = isTimed(state) ? (state.rounds[state.at - 1] ?? 0) : untimed;
    }
  }
}

function recordOf(
  { started, seconds }: Course,
  index: number,
  setting: Setting,
  wait: number,
  random: Random,
): NodeRecord {
  const { hosts, workers, pause = 0, stolen = 0 } = setting;
  const record = nodeRecord({ index, seconds, started, warmUp: untimed, coolDown: untimed, farewell: 0.05 });
  const share = hosts === "own" ? wait : Math.max(0, 1 - (crowdedCores * (1 - wait)) / workers);
  const rounds = record.rounds.map((each, i) => ({
    ...each,
    start: each.start + i * pause,
    end: each.end + i * pause,
    waited: share * each.seconds,
    inside: hits(random),
  }));
  return {
    ...record,
    rounds,
    ended: record.ended + (rounds.length - 1) * pause,
    inside: sum(rounds.map(({ inside }) => inside)),
    cores: hosts === "own" ? 4 : crowdedCores,
    machine: { ...record.machine, bootId: hosts === "own" ? `boot-${index}` : "boot-0", stolen },
  };
}

/** Throws in the quarter circle, by the normal approximation. */
function hits(random: Random): number {
  const p = Math.PI / 4;
  return Math.round(throws * p + Math.sqrt(throws * p * (1 - p)) * normal(random));
}

/** The last worker's stamps as its own clock has them. */
function withClock(node: NodeRecord, { workers, ahead }: Setting): NodeRecord {
  if (ahead === undefined || node.index !== workers - 1) return node;
  const { length } = node.rounds;
  const rounds = node.rounds.map((each, i) => ({
    ...each,
    start: each.start + ahead(i / length),
    end: each.end + ahead(i / length),
  }));
  return { ...node, rounds, started: node.started + ahead(0), ended: node.ended + ahead(1) };
}

/** As the collector sees it: a container's start and end a little later, its result a little later still. */
function timelineOf(nodes: readonly NodeRecord[], setting: Setting): Timeline {
  const pods = nodes.map((node) => {
    const finished = node.ended + 0.1;
    const clockShift = clockShiftOf(withClock(node, setting), { released, ended: finished });
    const times = {
      scheduled: released + 0.05,
      started: node.started - 0.02,
      finished,
      read: finished + 0.1 - released,
    };
    return podTimes({ index: node.index, ...times, clockShift });
  });
  return { released, pods };
}

/** Half of the rounds end before the release, the rest begin after the last result. */
function singleMachine(setting: Setting, jobEnded: number, random: Random): BaselineRecord {
  const { rounds, noise, hosts, slowedBase, baseWaits = 0.01 * random() } = setting;
  const half = Math.ceil(rounds / 2);
  const seconds = Array.from({ length: rounds }, (_, i) => {
    const factor = slowedBase?.(i < half ? "before" : "after") ?? 1;
    return (Math.max(0.2, 1 + noise * normal(random)) * round * factor) / (1 - baseWaits);
  });
  const start = released - sum(seconds.slice(0, half)) - 2;
  const record = aroundJob(baselineRecord(seconds, start), jobEnded + 1);
  return {
    ...record,
    cores: hosts === "own" ? 4 : crowdedCores,
    machine: { ...record.machine, bootId: "boot-0" },
    rounds: record.rounds.map((each) => ({ ...each, waited: baseWaits * each.seconds })),
  };
}

/** Share of such runs in which each check reported something, and in which any check made the run doubtful. */
export interface Spoken {
  doubtful: number;
  checks: ReadonlyMap<string, number>;
}

/** Repeats one kind of run. The same setting, name and number of runs give the same result on every machine. */
export function repeat(setting: Setting, runs: number, name: string): Spoken {
  const random = generator(`${name} ${setting.workers} ${setting.rounds} ${setting.noise} ${setting.hosts}`);
  const counts = new Map<string, number>();
  let doubtful = 0;
  for (let run = 0; run < runs; run++) {
    const { notes, judgement } = syntheticRun(setting, random);
    if (!judgement.valid) doubtful++;
    for (const check of new Set(notes.map((note) => note.check))) counts.set(check, (counts.get(check) ?? 0) + 1);
  }
  return { doubtful: doubtful / runs, checks: new Map([...counts].map(([check, count]) => [check, count / runs])) };
}

/** What may be reported about any of these sound runs: it explains the cores. */
export const always: ReadonlySet<string> = new Set(["shared host", "idle cores"]);

/** The share of sound runs that all checks together may call doubtful. */
export const allowedAlarms = 0.02;

/** The same plus the effect of chance with this many runs: three standard errors. */
export function alarmLimit(runs: number): number {
  return allowedAlarms + 3 * Math.sqrt((allowedAlarms * (1 - allowedAlarms)) / runs);
}

/** The sound runs of the benchmark. */
export const soundSettings: readonly Setting[] = [6, 10, 30, 50].flatMap((rounds): Setting[] => [
  ...[1, 3, 20, 100].map((workers): Setting => ({ workers, rounds, noise: 0.05, hosts: "own" })),
  { workers: 3, rounds, noise: 0.05, hosts: "crowded" },
]);
