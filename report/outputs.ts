// A stack's outputs, validated where they enter. The report and the history are generated from them.

import * as v from "valibot";
import { Failure } from "../analysis/failure.js";
import { type Metrics, metricsSchema } from "../analysis/metrics.ts";
import {
  type NodeRecord,
  nodeRecordSchema,
  type SingleMachine,
  singleMachineSchema,
  type Timeline,
  timelineSchema,
} from "../analysis/records.ts";
import { type JudgedRequirement, judgedRequirementsSchema } from "../analysis/requirements.ts";
import { type Scaling, scalingSchema } from "../analysis/scaling/study-records.ts";
import { type WorkloadOutput, workloadOutputSchema } from "../analysis/workload.ts";

/** One measurement, and the data needed to repeat it. */
export interface Measurement {
  nodes: NodeRecord[];
  baseline: SingleMachine;
  timeline: Timeline;
  metrics: Metrics;
  workload: WorkloadOutput;
  summary: string;
  /** The verdict on each condition. */
  requirements: JudgedRequirement[];
  /** The scaling study; null if there is none. */
  scaling: Scaling | null;
}

/** The last second of the year 9999, since the epoch. The history cannot read dates with more digits. */
const lastDate = 253_402_300_799;
/** The report and the history convert these into dates. */
const isDated = (run: object) => !("ended" in run && typeof run.ended === "number" && run.ended > lastDate);

/** The history compares logarithms of three of them, and JSON has no infinity. */
const isComparable = (metrics: Metrics) =>
  [metrics.throughputSpeedup, metrics.tSingle, metrics.tSlowest].every((value) => value > 0) &&
  Object.values(metrics)
    .flat()
    .every((value) => typeof value !== "number" || Number.isFinite(value));

const outputsSchema = v.object({
  nodes: v.pipe(
    v.array(
      v.pipe(
        nodeRecordSchema,
        v.check((run) => isDated(run), "the time of its end is out of range"),
      ),
    ),
    v.minLength(1),
  ),
  baseline: v.pipe(
    singleMachineSchema,
    v.check((run) => isDated(run), "the time of its end is out of range"),
  ),
  timeline: timelineSchema,
  metrics: v.pipe(
    metricsSchema,
    v.check((metrics) => isComparable(metrics), "a figure is not a finite number, or a time is not above 0"),
  ),
  workload: workloadOutputSchema,
  summary: v.string(),
  // Outputs of earlier versions have none.
  requirements: v.optional(judgedRequirementsSchema, []),
  scaling: v.optional(
    v.nullable(
      v.pipe(
        scalingSchema,
        v.check(({ points }) => points.length > 0, "it has no point"),
        v.check(
          ({ points }) => points.every(({ when, elapsed, seconds }) => (when ?? 0) + (elapsed ?? seconds) <= lastDate),
          "the time of a point is out of range",
        ),
      ),
    ),
    null,
  ),
}) satisfies v.GenericSchema<unknown, Measurement>;

/**
 * The measurement in a stack's outputs (`pulumi stack output --json`, parsed); undefined if there is none.
 * @throws one sentence that names the output that is missing or invalid.
 */
export function measurementIn(outputs: unknown, stack: string): Measurement | undefined {
  if (!v.is(v.object({ nodes: v.unknown() }), outputs)) return undefined;
  const parsed = v.safeParse(outputsSchema, outputs, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Failure(
    "outputs-of-another-version",
    `Output "${v.getDotPath(issue) ?? ""}" of stack "${stack}" was not written by this version of pi-speedup (${issue.message}). Run \`npm run up\` and try again.`,
  );
}
