// The contract between the collector's component and its program.
import * as v from "valibot";
import { collectionSchema, singleIndex } from "../../../analysis/records.ts";
import { contract } from "../../program/contract.ts";

/** The program that collects a Job's results. */
export const collectResults = contract("collect-results", {
  settings: v.object({
    kubeconfig: v.string(),
    namespace: v.string(),
    job: v.string(),
    /** The Job's uid. Results of another Job with that name are not accepted. */
    uid: v.string(),
    /** The required number of results. */
    workers: v.number(),
    /** The request that each result must match. */
    asked: v.object({
      samples: v.number(),
      rounds: v.number(),
      processes: v.union([v.number(), v.literal("cores")]),
      seed: v.string(),
      index: v.optional(v.literal(singleIndex)),
    }),
    /**
     * A line to print first. In a series, without the full stop, because the remaining time is added. Default: none.
     */
    announcement: v.optional(v.string()),
    /**
     * The series of Jobs, one after another, that it belongs to: how many are left, including this one, and the names
     * of the previous ones in order. Their times give an estimate of the remaining time. Default: no series.
     */
    series: v.optional(
      v.object({
        left: v.number(),
        former: v.array(v.string()),
        /** A Job that is not part of it and takes about as long as its longest one. */
        alike: v.string(),
      }),
    ),
  }),
  result: collectionSchema,
});
/** The program's settings. */
export type CollectorSettings = v.InferOutput<typeof collectResults.settings>;
