// What a scaling study asks for, what it measures and what it says, as schemas. The stack's output `scaling` is checked by one
// of them wherever it is read.
import * as v from "valibot";

const workerCount = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const order = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const time = v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1e8));
const finite = v.pipe(v.number(), v.finite());
const nodeName = v.pipe(v.string(), v.maxLength(253));
const sentence = v.pipe(v.string(), v.maxLength(10_000));
const interval = v.tuple([finite, finite]);

/** What grows with the workers: the work (`weak`, each does `samples`), or nothing (`strong`, they divide `samples`). */
export const scalingKindSchema = v.picklist(["weak", "strong"]);
/** What grows with the workers. */
export type ScalingKind = v.InferOutput<typeof scalingKindSchema>;

const planned = {
  /** p, how many workers take part. */
  workers: workerCount,
  /** Which repetition of all counts, from 1. */
  block: order,
  /** Which point of its block, from 1. */
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
  /** 95 % interval of that; null where the rounds can't give one. */
  interval: v.nullable(interval),
  /** Seconds from the Job's release to the last result read; null where unknown. */
  elapsed: v.nullable(time),
  /** T_i in seconds, by the order of `nodes`. */
  times: v.pipe(v.array(time), v.minLength(1)),
  /** max(O_i + T_i), seconds: one round as the user waits for it, the start included; null where unknown. */
  wait: v.nullable(time),
  /** When the Job was released, seconds since the epoch; null where unknown. */
  when: v.nullable(v.pipe(finite, v.minValue(0))),
};

/** What makes a point doubtful: the names of the checks, as in a run's judgement; none where it is sound. */
const doubts = v.array(sentence);

/** One measured point of a study, with all that decides whether a law may be fitted through it. */
export const studyPointSchema = v.object({
  ...measured,
  doubts,
  /** The computers that the workers ran on, by their cores and the processes that computed there. */
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

/** The upper end is null where nothing bounds it. */
const halfOpen = v.tuple([finite, v.nullable(finite)]);

/** A law that was fitted, with 95 % intervals. */
export const lawSchema = v.object({
  name: v.picklist(["Amdahl", "Gustafson", "Universal Scalability Law"]),
  /** The serial fraction s; of the Universal Scalability Law α, the share that waits. Below 0: better than proportional. */
  coefficient: finite,
  interval,
  /** β of the Universal Scalability Law, the cost of each pair's exchange; null for the laws that have no such term. */
  exchange: v.nullable(v.object({ coefficient: finite, interval })),
  /**
   * Where it ends. Amdahl: the speed-up that no number of workers exceeds, 1/s; null where s may as well be 0 or less. Gustafson has no
   * limit. Universal: with how many workers the speed-up is largest, where the points tell.
   */
  limit: v.nullable(
    v.object({
      of: v.picklist(["speed-up", "workers"]),
      /** Null where the coefficient itself sets no limit, though its interval reaches values that do. */
      value: v.nullable(finite),
      /** High is null where nothing bounds it; null where only the value is known. */
      interval: v.nullable(halfOpen),
    }),
  ),
  /** T_1 in seconds: what one worker takes by the fit, geometric mean of the blocks. */
  single: time,
  /** Degrees of freedom of the interval: points less what is fitted. */
  degrees: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Chance that points on the law lie as far from it as these do, 0 to 1. */
  lackOfFit: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  /** Variance of each coefficient and their covariance, for bands: s alone, or α, β and both. */
  variance: v.array(finite),
});
/** A law that was fitted. */
export type Law = v.InferOutput<typeof lawSchema>;

/** A law, or the sentences that say why there is none. */
const fitted = { law: v.nullable(lawSchema), reason: v.nullable(sentence) };

/** The stack's output `scaling`. */
export const scalingSchema = v.object({
  kind: scalingKindSchema,
  points: v.array(
    v.object({
      ...measured,
      /** T_P, mean T_i in seconds, to which the law is fitted: workers of a fitted law are alike. */
      mean: time,
      /** What the hosts' cores allow, in units of one worker alone. */
      bound: v.pipe(v.number(), v.finite(), v.gtValue(0)),
      // Outputs of former versions have none.
      doubts: v.optional(doubts, []),
    }),
  ),
  ...fitted,
  /** The second curve: one round as the user waits for it. */
  asUserWaits: v.object(fitted),
  /** The Universal Scalability Law beside Amdahl's, and why there is none. */
  universal: v.object(fitted),
  /** Whole sentences on what is not in the figures. */
  remarks: v.array(sentence),
});
/** The stack's output `scaling`. */
export type Scaling = v.InferOutput<typeof scalingSchema>;
/** A point as the output has it. */
export type ScalingPoint = Scaling["points"][number];
