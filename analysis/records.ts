// What pi.py reports about one run, and what the collector adds about its pod. The schemas check data where it enters
// the program (a pod's log, the baseline's stdout). Everything behind them trusts its types.
import * as v from "valibot";
import { printable } from "./printable.js";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** More than a year: pi.py did not measure longer times. */
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e8));
/**
 * Something a machine states about itself; longer text would not be a name. It is kept in printable form, because
 * Pulumi prints the outputs itself.
 */
const words = v.pipe(v.string(), v.maxLength(256), v.transform(printable));
/** Name of a node or a pod, as Kubernetes allows it. */
const kubernetesName = v.pipe(v.string(), v.maxLength(253), v.transform(printable));
/** Wall clock, seconds since the epoch with fraction. */
const epoch = v.pipe(v.number(), v.finite(), v.minValue(0));
/** The digest of the image that was run. */
const digest = v.nullable(v.pipe(v.string(), v.maxLength(128), v.transform(printable)));

/**
 * One timed round: `start` and `end` by the wall clock, `seconds` by the monotonic clock, `inside` points in the
 * circle. `waited` is the time in seconds in which this worker's processes were ready but had no processor (sum over
 * processes; null if the kernel does not report it).
 */
const roundSchema = v.object({
  start: epoch,
  end: epoch,
  // A round that is too short to be timed makes every ratio meaningless.
  seconds: v.pipe(seconds, v.gtValue(0, "a round took 0 s; raise pi-speedup:samples")),
  inside: count,
  waited: v.nullable(seconds),
});

/** The state of the machine at one moment; null if the kernel does not report it. */
const conditionsSchema = v.object({
  /** Memory that is still available to a program, in bytes. */
  memoryAvailable: v.nullable(count),
  /** Swap in use, in bytes. */
  swapUsed: v.nullable(count),
  /** How long the cgroup's CPU quota has throttled this container since its start, in seconds. */
  throttled: v.nullable(seconds),
  /** Processor time that the program has used so far, including its ended processes, in seconds. */
  cpuTime: seconds,
});

/** The board's state while the program ran, sampled every two seconds; null if nothing reports it. */
const healthSchema = v.object({
  /** Highest temperature of the processor, °C. */
  temperature: v.nullable(v.pipe(v.number(), v.finite())),
  /** Whether the supply voltage dropped too low (Raspberry Pi). */
  underVoltage: v.nullable(v.boolean()),
  /** Whether the clock's upper limit was below the processor's maximum. */
  capped: v.nullable(v.boolean()),
});

const machineSchema = v.object({
  architecture: words,
  /** The CPU's model as the kernel names it; for an Arm core without a name, its implementer, part and revision. */
  cpu: words,
  /** The board, e.g. `Raspberry Pi 4 Model B Rev 1.4`; null if unknown. */
  board: v.nullable(words),
  kernel: words,
  /** The frequency governor of the first core, e.g. `performance`; null if unknown. */
  governor: v.nullable(words),
  /** Logical cores per physical core; null if unknown. */
  threadsPerCore: v.nullable(v.pipe(count, v.minValue(1))),
  /** Total memory, in bytes. */
  memoryTotal: v.nullable(count),
  /** The system call filter, as in /proc/self/status: 0 none, 1 strict, 2 filter. */
  seccomp: v.nullable(count),
  /** Whether the processor may bypass stores while speculating, in the kernel's words. Forbidding it costs speed. */
  speculationStoreBypass: v.nullable(words),
  /** Share (0 to 1) of the machine's processor time that its hypervisor gave to others while the program ran. */
  stolen: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  health: healthSchema,
  /** The same value in two records means that both ran on one machine, even if their nodes have different names. */
  bootId: v.nullable(words),
  before: conditionsSchema,
  after: conditionsSchema,
});

const runEntries = {
  /** 128 bits in hexadecimal drawn from the system, or the text that the user set. */
  seed: words,
  /** Version of the Python that ran it, e.g. `3.11.2`. */
  python: words,
  machine: machineSchema,
  /** Cores that the process may use, limited by affinity, cpuset and quota. */
  cores: v.pipe(v.number(), v.gtValue(0), v.maxValue(65_536)),
  processes: v.pipe(count, v.minValue(1), v.maxValue(65_536)),
  /** Samples in all timed rounds together. */
  samples: v.pipe(count, v.minValue(1)),
  inside: count,
  pi: v.pipe(v.number(), v.minValue(0), v.maxValue(4)),
  /** Mean of the rounds' seconds. */
  seconds,
  /** Seconds of untimed work before the first round; 0 for a single round. */
  warmUp: seconds,
  /**
   * Seconds of untimed work after the last round, which keeps the machine busy while others end; 0 for a single round.
   */
  coolDown: seconds,
  started: epoch,
  ended: epoch,
  rounds: v.pipe(v.array(roundSchema), v.minLength(1), v.maxLength(10_000)),
};

/** The record line of pi.py. */
export const runSchema = v.object(runEntries);
/** The output of one start of pi.py. */
export type Run = v.InferOutput<typeof runSchema>;
/** One timed round of it. */
export type Round = v.InferOutput<typeof roundSchema>;

/** A worker's record: the run in its pod, and the digest of the image there (null if unknown). */
export const nodeRecordSchema = v.object({
  node: kubernetesName,
  pod: kubernetesName,
  index: count,
  digest,
  ...runEntries,
});
/** A worker's record, and the worker. */
export type NodeRecord = v.InferOutput<typeof nodeRecordSchema>;

/** The index of the single machine's random streams. No worker uses it. */
export const singleIndex = "single";

const part = v.picklist(["before", "after"]);
/** Which half of the single machine's rounds: before or after the Job. */
export type Part = v.InferOutput<typeof part>;

/** One of the two runs of pi.py on the single machine. */
const partSchema = v.object({
  part,
  started: epoch,
  ended: epoch,
  warmUp: seconds,
  coolDown: seconds,
  /**
   * The whole command in seconds, including the container's start; null if it includes an image pull of unknown
   * duration.
   */
  elapsed: v.nullable(seconds),
});

/**
 * The single machine's record, combined from both halves. `warmUp`, `coolDown` and `elapsed` are sums. `overhead` is
 * O_S in seconds: the mean over the halves of the time outside of these and the rounds (null if `elapsed` is null).
 * Rounds are numbered through both halves. `digest` identifies the image; null if no container ran.
 */
export const baselineRecordSchema = v.object({
  /** The longest value is `worker:` and the name of a node. */
  mode: v.pipe(v.string(), v.maxLength(300), v.transform(printable)),
  elapsed: v.nullable(seconds),
  overhead: v.nullable(seconds),
  digest,
  parts: v.pipe(v.array(partSchema), v.minLength(1), v.maxLength(2)),
  ...runEntries,
  rounds: v.pipe(v.array(v.object({ ...roundSchema.entries, part })), v.minLength(1), v.maxLength(10_000)),
});
/** The single machine's record, and how it was measured. */
export type BaselineRecord = v.InferOutput<typeof baselineRecordSchema>;

/** Given seconds for the single machine, without rounds and therefore without an interval. */
const givenBaselineSchema = v.object({
  mode: v.literal("given"),
  seconds: v.pipe(v.number(), v.finite(), v.gtValue(0)),
});
/** Given seconds for the single machine, without a record. */
export type GivenBaseline = v.InferOutput<typeof givenBaselineSchema>;

/** The single machine, measured or given, with which the workers are compared. */
export const singleMachineSchema = v.union([givenBaselineSchema, baselineRecordSchema]);
/** Told apart by `isMeasured`. */
export type SingleMachine = BaselineRecord | GivenBaseline;

/** Whether the single machine has a record. `mode` can be any text, so it can't distinguish the types. */
export function isMeasured(baseline: SingleMachine): baseline is BaselineRecord {
  return "rounds" in baseline;
}

/** All records: the workers', and the single machine's if it was measured. */
export function runsOf(nodes: readonly NodeRecord[], baseline: SingleMachine): Run[] {
  return isMeasured(baseline) ? [...nodes, baseline] : [...nodes];
}

const nullableEpoch = v.nullable(epoch);
const podTimesSchema = v.object({
  index: count,
  /**
   * When the collector's watch saw that the pod has a node. This and the next two use the wall clock of the collector's
   * machine.
   */
  scheduled: nullableEpoch,
  /** When the watch saw its container run. */
  started: nullableEpoch,
  /** When the watch saw its container end. */
  finished: nullableEpoch,
  /**
   * Seconds that the image pull took, from the Pulled event: 0 if the image was present, null if no event reported it.
   */
  pull: v.nullable(seconds),
  /** Seconds from the release until its result was read, by the collector's monotonic clock. */
  read: v.nullable(seconds),
  /** Seconds to add to its node's timestamps, so that they fit the collector's observations; null if no shift works. */
  clockShift: v.nullable(v.pipe(v.number(), v.finite())),
});
/** The times of one pod, as the collector observed them. */
export type PodTimes = v.InferOutput<typeof podTimesSchema>;

/** The times of one Job and its pods, as the collector observed them. */
export const timelineSchema = v.object({
  /** The moment before the request that released the Job; null if the collector did not see it. */
  released: nullableEpoch,
  pods: v.pipe(v.array(podTimesSchema), v.maxLength(10_000)),
});
/** The times of a run, as the collector observed them. */
export type Timeline = v.InferOutput<typeof timelineSchema>;

/** The collector's result: everything about one run of the Job, by completion index. */
export const collectionSchema = v.object({
  timeline: timelineSchema,
  nodes: v.pipe(v.array(nodeRecordSchema), v.minLength(1), v.maxLength(10_000)),
  logs: v.pipe(v.array(v.pipe(v.string(), v.maxLength(512), v.transform(printable))), v.maxLength(10_000)),
});
/** Everything about one run of the Job. */
export type Collection = v.InferOutput<typeof collectionSchema>;

const workerMode = "worker:";

/** Name of the worker that is the single machine; undefined if it is none of them. */
export function workerOf({ mode }: SingleMachine): string | undefined {
  return mode.startsWith(workerMode) ? mode.slice(workerMode.length) : undefined;
}
