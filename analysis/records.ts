// What pi.py says of one run, and what the collector adds about the pod it ran in. Checked where it enters
// the program (a pod's log, the baseline's stdout); everything behind these schemas trusts its types.
import * as v from "valibot";
import { printable } from "./printable.js";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A year and more: what is outside was not measured by pi.py. */
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e8));
/** What a machine says of itself; more would be no name. It is kept as it may be shown: Pulumi prints the outputs by itself. */
const words = v.pipe(v.string(), v.maxLength(256), v.transform(printable));
/** Name of a node or a pod, as Kubernetes allows it. */
const kubernetesName = v.pipe(v.string(), v.maxLength(253), v.transform(printable));
/** Wall clock, seconds since the epoch with fraction. */
const epoch = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Which content an image's name stood for. */
const digest = v.nullable(v.pipe(v.string(), v.maxLength(128), v.transform(printable)));

/**
 * One timed round: `start` and `end` by the wall clock, `seconds` by the monotonic clock, `inside` throws in the circle,
 * `waited` seconds in which this worker's processes were ready but had no processor (sum over processes; null where the
 * kernel does not tell).
 */
const roundSchema = v.object({
  start: epoch,
  end: epoch,
  // A round too short to be timed makes every ratio meaningless.
  seconds: v.pipe(seconds, v.gtValue(0, "a round took 0 s; raise pi-speedup:samples")),
  inside: count,
  waited: v.nullable(seconds),
});

/** What the machine was doing at one moment; null where the kernel does not tell. */
const conditionsSchema = v.object({
  /** Memory that a program could still get, in bytes. */
  memoryAvailable: v.nullable(count),
  /** Swap in use, in bytes. */
  swapUsed: v.nullable(count),
  /** How long the cgroup's CPU quota has held this container back since it started, in seconds. */
  throttled: v.nullable(seconds),
  /** Processor time that the program has had so far, its ended processes included, in seconds. */
  cpuTime: seconds,
});

/** How the board fared while the program ran, sampled every two seconds; null where nothing tells. */
const healthSchema = v.object({
  /** Highest temperature of the processor, °C. */
  temperature: v.nullable(v.pipe(v.number(), v.finite())),
  /** Whether the supply's voltage fell too low (Raspberry Pi). */
  underVoltage: v.nullable(v.boolean()),
  /** Whether the clock's upper limit was below what the processor can do. */
  capped: v.nullable(v.boolean()),
});

const machineSchema = v.object({
  architecture: words,
  /** The CPU's model as the kernel names it; of an Arm core that has no name, its implementer, part and revision. */
  cpu: words,
  /** The board, e.g. `Raspberry Pi 4 Model B Rev 1.4`; null where nothing tells. */
  board: v.nullable(words),
  kernel: words,
  /** How the kernel sets the first core's clock, e.g. `performance`; null where it does not tell. */
  governor: v.nullable(words),
  /** Logical cores of one physical core; null where the kernel does not tell. */
  threadsPerCore: v.nullable(v.pipe(count, v.minValue(1))),
  /** All memory, in bytes. */
  memoryTotal: v.nullable(count),
  /** The filter of system calls, as in /proc/self/status: 0 none, 1 strict, 2 filter. */
  seccomp: v.nullable(count),
  /** Whether the processor may bypass stores while speculating, in the kernel's words; it costs speed where it may not. */
  speculationStoreBypass: v.nullable(words),
  /** Share (0 to 1) of the machine's processor time that its hypervisor gave to others while the program ran. */
  stolen: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  health: healthSchema,
  /** Same value in two records: both ran on one machine, whatever their nodes are called. */
  bootId: v.nullable(words),
  before: conditionsSchema,
  after: conditionsSchema,
});

const runEntries = {
  /** 128 bits in hexadecimal drawn from the system, or the text that the owner set. */
  seed: words,
  /** Version of the Python that ran it, e.g. `3.11.2`. */
  python: words,
  machine: machineSchema,
  /** Cores that the process may use: affinity, cpuset and quota considered. */
  cores: v.pipe(v.number(), v.gtValue(0), v.maxValue(65_536)),
  processes: v.pipe(count, v.minValue(1), v.maxValue(65_536)),
  /** Throws in all timed rounds together. */
  samples: v.pipe(count, v.minValue(1)),
  inside: count,
  pi: v.pipe(v.number(), v.minValue(0), v.maxValue(4)),
  /** Mean of the rounds' seconds. */
  seconds,
  /** Seconds of untimed work before the first round; 0 for a single round. */
  warmUp: seconds,
  /** Seconds of untimed work after the last round, which keep the machine busy while others end; 0 for a single round. */
  coolDown: seconds,
  started: epoch,
  ended: epoch,
  rounds: v.pipe(v.array(roundSchema), v.minLength(1), v.maxLength(10_000)),
};

/** The record line of pi.py. */
export const runSchema = v.object(runEntries);
/** What one start of pi.py reports. */
export type Run = v.InferOutput<typeof runSchema>;
/** One timed round of it. */
export type Round = v.InferOutput<typeof roundSchema>;

/** A worker's record: what ran in one pod, and the content that the image's name stood for there (null where nothing tells). */
export const nodeRecordSchema = v.object({
  node: kubernetesName,
  pod: kubernetesName,
  index: count,
  digest,
  ...runEntries,
});
/** A worker's record, and which worker's it is. */
export type NodeRecord = v.InferOutput<typeof nodeRecordSchema>;

/** The index of the single machine's streams, which no worker has. */
export const singleIndex = "single";

const part = v.picklist(["before", "after"]);
/** Which half of the single machine's rounds: before the Job or after it. */
export type Part = v.InferOutput<typeof part>;

/** One of the two times that pi.py ran on the single machine. */
const partSchema = v.object({
  part,
  started: epoch,
  ended: epoch,
  warmUp: seconds,
  coolDown: seconds,
  /** The whole command, container start included, in seconds; null where the image's pull in it is unknown. */
  elapsed: v.nullable(seconds),
});

/**
 * The single machine's record, made of both parts: `warmUp`, `coolDown` and `elapsed` are sums over them, `overhead` is
 * O_S, the mean over them of what is neither of these nor a round, in seconds (null where `elapsed` is). Its rounds are
 * numbered through both. `digest` tells which content the image's name stood for; null where no container ran.
 */
export const baselineRecordSchema = v.object({
  /** `worker:` and a node's name is the longest. */
  mode: v.pipe(v.string(), v.maxLength(300), v.transform(printable)),
  elapsed: v.nullable(seconds),
  overhead: v.nullable(seconds),
  digest,
  parts: v.pipe(v.array(partSchema), v.minLength(1), v.maxLength(2)),
  ...runEntries,
  rounds: v.pipe(v.array(v.object({ ...roundSchema.entries, part })), v.minLength(1), v.maxLength(10_000)),
});
/** The single machine's record, and how it was run. */
export type BaselineRecord = v.InferOutput<typeof baselineRecordSchema>;

/** Seconds that the owner gave for the single machine: without rounds, and so without an interval. */
const givenBaselineSchema = v.object({
  mode: v.literal("given"),
  seconds: v.pipe(v.number(), v.finite(), v.gtValue(0)),
});
/** The single machine's seconds from its owner, without a record. */
export type GivenBaseline = v.InferOutput<typeof givenBaselineSchema>;

/** The single machine, measured or given: what the workers are compared with. */
export const singleMachineSchema = v.union([givenBaselineSchema, baselineRecordSchema]);
/** Told apart by `isMeasured`. */
export type SingleMachine = BaselineRecord | GivenBaseline;

/** Whether there is a record of the single machine; its mode can't tell the types apart, being any text there. */
export function isMeasured(baseline: SingleMachine): baseline is BaselineRecord {
  return "rounds" in baseline;
}

/** All records: the workers', and the single machine's where it was measured. */
export function runsOf(nodes: readonly NodeRecord[], baseline: SingleMachine): Run[] {
  return isMeasured(baseline) ? [...nodes, baseline] : [...nodes];
}

const nullableEpoch = v.nullable(epoch);
const podTimesSchema = v.object({
  index: count,
  /** The collector's watch saw that it has a node; wall clock of the collector's machine, as are the next two. */
  scheduled: nullableEpoch,
  /** The watch saw its container run. */
  started: nullableEpoch,
  /** The watch saw its container's end. */
  finished: nullableEpoch,
  /** Seconds that the image's pull took by the Pulled event: 0 when it was present, null when no event tells. */
  pull: v.nullable(seconds),
  /** Seconds from the release until its result was read, by the collector's monotonic clock. */
  read: v.nullable(seconds),
  /** Seconds to add to its node's stamps, so that they fit what the collector saw; null where no shift does. */
  clockShift: v.nullable(v.pipe(v.number(), v.finite())),
});
/** What the collector saw of the times of one pod. */
export type PodTimes = v.InferOutput<typeof podTimesSchema>;

/** What the collector saw of the times of one Job and its pods. */
export const timelineSchema = v.object({
  /** The moment before the request that let the Job's pods start; null where the collector did not see it. */
  released: nullableEpoch,
  pods: v.pipe(v.array(podTimesSchema), v.maxLength(10_000)),
});
/** What the collector saw of a run's times. */
export type Timeline = v.InferOutput<typeof timelineSchema>;

/** The collector's one document: everything about one run of the Job, by completion index. */
export const collectionSchema = v.object({
  timeline: timelineSchema,
  nodes: v.pipe(v.array(nodeRecordSchema), v.minLength(1), v.maxLength(10_000)),
  logs: v.pipe(v.array(v.pipe(v.string(), v.maxLength(512), v.transform(printable))), v.maxLength(10_000)),
});
/** Everything about one run of the Job. */
export type Collection = v.InferOutput<typeof collectionSchema>;

const workerMode = "worker:";

/** Name of the worker that is the single machine; undefined where that is none of them. */
export function workerOf({ mode }: SingleMachine): string | undefined {
  return mode.startsWith(workerMode) ? mode.slice(workerMode.length) : undefined;
}
