// Schemas of a scaling study: its settings, its points and its results. The stack's output `scaling` is checked by one
// of them wherever it is read.
import * as v from "valibot";

const workerCount = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const order = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const time = v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1e8));
const finite = v.pipe(v.number(), v.finite());
const nodeName = v.pipe(v.string(), v.maxLength(253));
const sentence = v.pipe(v.string(), v.maxLength(10_000));
const interval = v.tuple([finite, finite]);

/**
 * What grows with the workers: the work (`weak`, each does `samples`), or nothing (`strong`, they divide `samples`).
 */
export const scalingKindSchema = v.picklist(["weak", "strong"]);
/** What grows with the workers. */
export type ScalingKind = v.InferOutput<typeof scalingKindSchema>;

const planned = {
  /** p, the number of workers that take part. */
  workers: workerCount,
  /** The repetition of all counts, from 1. */
  block: order,
  /** The position of the point in its block, from 1. */
  position: order,
  /** The p workers that take part: the first ones in the order of the stack's `workers`. */
  nodes: v.pipe(v.array(nodeName), v.minLength(1)),
};

/** One point of a study, before it is measured. */
export const plannedPointSchema = v.object(planned);
/** One point of a study, before it is measured. */
export type PlannedPoint = v.InferOutput<typeof plannedPointSchema>;

const measured = {
  ...planned,
  /** Mean round of the slowest worker, max T_i, in seconds: computing only. */
  seconds: time,
  /** Its 95 % interval; null if there are too few rounds. */
  interval: v.nullable(interval),
  /** Seconds from the release of the Job until the last result was read; null if unknown. */
  elapsed: v.nullable(time),
  /** T_i in seconds, in the order of `nodes`. */
  times: v.pipe(v.array(time), v.minLength(1)),
  /** max(O_i + T_i), seconds: one round as the user experiences it, with the overhead; null if unknown. */
  wait: v.nullable(time),
  /** When the Job was released, seconds since the epoch; null if unknown. */
  when: v.nullable(v.pipe(finite, v.minValue(0))),
};

/** The names of the checks that make a point doubtful, as for a run; empty if it is sound. */
const doubts = v.array(sentence);

/** One measured point of a study, with everything that decides whether a law may be fitted through it. */
export const studyPointSchema = v.object({
  ...measured,
  doubts,
  /** The computers that the workers ran on: their cores, and the processes that computed there. */
  hosts: v.array(
    v.object({
      nodes: v.pipe(v.array(nodeName), v.minLength(1)),
      cores: v.pipe(v.number(), v.finite(), v.gtValue(0)),
      processes: workerCount,
    }),
  ),
});
/** One measured point of a study. */
export type StudyPoint = v.InferOutput<typeof studyPointSchema>;

/** The upper end is null if it is unbounded. */
const halfOpen = v.tuple([finite, v.nullable(finite)]);

/** A fitted law, with 95 % intervals. */
export const lawSchema = v.object({
  name: v.picklist(["Amdahl", "Gustafson", "Universal Scalability Law"]),
  /**
   * The serial fraction s, or α of the Universal Scalability Law, the share of waiting. Below 0: better than
   * proportional.
   */
  coefficient: finite,
  interval,
  /** β of the Universal Scalability Law, the cost of communication of each pair; null for the other laws. */
  exchange: v.nullable(v.object({ coefficient: finite, interval })),
  /**
   * The law's limit. Amdahl: the speed-up that no number of workers exceeds, 1/s; null if s may be 0 or less.
   * Gustafson: none. Universal: the number of workers with the largest speed-up, if the points show it.
   */
  limit: v.nullable(
    v.object({
      of: v.picklist(["speed-up", "workers"]),
      /** Null if the coefficient itself sets no limit, though its interval includes values that do. */
      value: v.nullable(finite),
      /** High is null if it is unbounded; null if only the value is known. */
      interval: v.nullable(halfOpen),
    }),
  ),
  /** T_1 in seconds: the fitted time of one worker, geometric mean of the blocks. */
  single: time,
  /** Degrees of freedom of the interval: points minus fitted parameters. */
  degrees: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Chance that points on the law deviate from it as much as these, 0 to 1. */
  lackOfFit: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  /** Variance of each coefficient and their covariance, for bands: of s alone, or of α, of β and both. */
  variance: v.array(finite),
});
/** A fitted law. */
export type Law = v.InferOutput<typeof lawSchema>;

/** A law, or the sentences that explain why there is none. */
const fitted = { law: v.nullable(lawSchema), reason: v.nullable(sentence) };

/** The stack's output `scaling`. */
export const scalingSchema = v.object({
  kind: scalingKindSchema,
  points: v.array(
    v.object({
      ...measured,
      /** T_P, mean T_i in seconds, to which the law is fitted: workers of a fitted law are alike. */
      mean: time,
      /** The speed-up that the hosts' cores allow, relative to one worker alone. */
      bound: v.pipe(v.number(), v.finite(), v.gtValue(0)),
      // Outputs of earlier versions have none.
      doubts: v.optional(doubts, []),
    }),
  ),
  ...fitted,
  /** The second curve: one round as the user experiences it. */
  asUserWaits: v.object(fitted),
  /** The Universal Scalability Law next to Amdahl's, and why there is none. */
  universal: v.object(fitted),
  /** Whole sentences about what the figures do not show. */
  remarks: v.array(sentence),
});
/** The stack's output `scaling`. */
export type Scaling = v.InferOutput<typeof scalingSchema>;
/** A point as it is in the output. */
export type ScalingPoint = Scaling["points"][number];
