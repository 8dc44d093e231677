// What a run computes: the settings with which it can be repeated. The stack's output `workload`, and part of its
// settings.
import * as v from "valibot";

/** JSON can contain numbers that are too large, which are read as infinite. */
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** The work of every worker and of the single machine. */
export const workloadSchema = v.object({
  /** Container image with Python 3.9 or newer. */
  image: v.string(),
  /** Samples per worker and round. */
  samples: count,
  /** Timed rounds, with untimed work around them. A single round works as in the tutorial, without untimed work. */
  rounds: count,
  /** Processes per pod, or one per core. */
  processes: v.union([count, v.literal("cores")]),
  /** Empty: every run draws its own. */
  seed: v.string(),
  /** Seconds until the program gives up on a pod or the baseline. */
  timeout: count,
});
/** The work of a run, validated. */
export type Workload = v.InferOutput<typeof workloadSchema>;

/** The output `workload`: the settings, and which version of pi.py did the work. */
export const workloadOutputSchema = v.object({
  ...workloadSchema.entries,
  /** The first 16 hexadecimal digits of the SHA-256 of pi.py. */
  program: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
});
/** The work of a run, and the program that did it. */
export type WorkloadOutput = v.InferOutput<typeof workloadOutputSchema>;
