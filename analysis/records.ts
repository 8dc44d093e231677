// What pi.py says of one run, and what the collector adds about the pod it ran in. Checked where it enters
// the program (a pod's log, the baseline's stdout); everything behind these schemas trusts its types.
import * as v from "valibot";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Wall clock, seconds since the epoch with fraction. */
const epoch = v.pipe(v.number(), v.finite(), v.minValue(0));

/** One timed round: `start` and `end` by the wall clock, `seconds` by the monotonic clock, `inside` throws in the circle. */
const roundSchema = v.object({
  start: epoch,
  end: epoch,
  // A round too short to be timed makes every ratio meaningless.
  seconds: v.pipe(v.number(), v.finite(), v.gtValue(0, "a round took 0 s; raise pi-speedup:samples")),
  inside: count,
});

/** What the machine was doing at one moment; null where the kernel does not tell. */
const conditionsSchema = v.object({
  /** Load average of the last minute, in runnable processes. */
  load: v.nullable(v.number()),
  /** Share of the last ten seconds in which some task waited for a CPU, in percent (pressure stall information). */
  cpuPressure: v.nullable(v.number()),
  /** Memory that a program could still get, in bytes. */
  memoryAvailable: v.nullable(count),
  /** Swap in use, in bytes. */
  swapUsed: v.nullable(count),
  /** How long the cgroup's CPU quota has held this container back since it started, in seconds. */
  throttled: v.nullable(seconds),
  /** Processor time that the program has had so far, its ended processes included, in seconds. */
  cpuTime: seconds,
});

const machineSchema = v.object({
  architecture: v.string(),
  /** The CPU's model as the kernel names it, or the board's (Raspberry Pi). */
  cpu: v.string(),
  kernel: v.string(),
  /** How the kernel sets the first core's clock, e.g. `performance`; null where it does not tell, as in records of before it was asked. */
  governor: v.optional(v.nullable(v.string()), null),
  /** Same value in two records: both ran on one machine, whatever their nodes are called. */
  bootId: v.nullable(v.string()),
  before: conditionsSchema,
  after: conditionsSchema,
});

const runEntries = {
  /** 128 bits in hexadecimal drawn from the system, or the text that the owner set. */
  seed: v.string(),
  /** Version of the Python that ran it, e.g. `3.11.2`. */
  python: v.string(),
  machine: machineSchema,
  /** Cores that the process may use: affinity, cpuset and quota considered. */
  cores: v.pipe(v.number(), v.minValue(0)),
  processes: v.pipe(count, v.minValue(1)),
  /** Throws in all timed rounds together. */
  samples: v.pipe(count, v.minValue(1)),
  inside: count,
  pi: v.number(),
  /** Median of the rounds' seconds. */
  seconds,
  /** The untimed round's seconds. */
  warmUp: seconds,
  started: epoch,
  ended: epoch,
  rounds: v.pipe(v.array(roundSchema), v.minLength(1)),
};

/** The record line of pi.py. */
export const runSchema = v.object(runEntries);
/** What one start of pi.py reports. */
export type Run = v.InferOutput<typeof runSchema>;
/** One timed round of it. */
export type Round = v.InferOutput<typeof roundSchema>;

/** A worker's record: what ran in one pod. */
export const nodeRecordSchema = v.object({ node: v.string(), pod: v.string(), index: count, ...runEntries });
/** A worker's record, and which worker's it is. */
export type NodeRecord = v.InferOutput<typeof nodeRecordSchema>;

/**
 * The single machine's record. `elapsed` is the whole command, container start included, in seconds. `digest` tells which content the
 * image's name stood for; null where no container ran, and in records of before it was asked.
 */
export const baselineRecordSchema = v.object({
  mode: v.string(),
  elapsed: v.nullable(seconds),
  digest: v.optional(v.nullable(v.string()), null),
  ...runEntries,
});
/** The single machine's record, and how it was run. */
export type BaselineRecord = v.InferOutput<typeof baselineRecordSchema>;

/** Seconds that the owner gave for the single machine: without rounds, and so without an interval. */
const givenBaselineSchema = v.object({ mode: v.literal("given"), seconds: v.number() });
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
  /** Bound to its node; seconds since the epoch, as are the next two, by Kubernetes' clock of whole seconds. */
  scheduled: nullableEpoch,
  /** Its container started. */
  started: nullableEpoch,
  /** Its container ended. */
  finished: nullableEpoch,
  /** Seconds that the image's pull took by the Pulled event: 0 when it was present, null when no event tells. */
  pull: v.nullable(seconds),
});
/** What Kubernetes says of the times of one pod. */
export type PodTimes = v.InferOutput<typeof podTimesSchema>;

/** What Kubernetes says of the times of one Job and its pods. */
export const timelineSchema = v.object({
  /** The Job's creationTimestamp, seconds since the epoch, whole. */
  created: epoch,
  pods: v.array(podTimesSchema),
});
/** What Kubernetes says of a run's times. */
export type Timeline = v.InferOutput<typeof timelineSchema>;

/** The collector's one document: everything about one run of the Job, by completion index. */
export const collectionSchema = v.object({
  timeline: timelineSchema,
  nodes: v.pipe(v.array(nodeRecordSchema), v.minLength(1)),
  logs: v.array(v.string()),
});
/** Everything about one run of the Job. */
export type Collection = v.InferOutput<typeof collectionSchema>;

const workerMode = "worker:";

/** Name of the worker that is the single machine; undefined where that is none of them. */
export function workerOf({ mode }: SingleMachine): string | undefined {
  return mode.startsWith(workerMode) ? mode.slice(workerMode.length) : undefined;
}

/** The record of a single machine that is a worker of the cluster, from what was collected of its Job. */
export function baselineOf({ nodes, timeline }: Collection): BaselineRecord {
  const [record] = nodes;
  // The schema of a collection has at least one.
  if (record === undefined) throw new Error("The baseline's Job gave no record.");
  const { node, pod: _, index: __, ...run } = record;
  // The two clocks may differ by more than the run took.
  const elapsed = run.ended - timeline.created;
  return { mode: `${workerMode}${node}`, elapsed: elapsed > 0 ? elapsed : null, digest: null, ...run };
}
