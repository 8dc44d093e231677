// What the collector's component and its program agree on.
import * as v from "valibot";
import { collectionSchema, singleIndex } from "../../../analysis/records.ts";
import { contract } from "../../program/contract.ts";

/** The program that collects a Job's results. */
export const collectResults = contract("collect-results", {
  settings: v.object({
    kubeconfig: v.string(),
    namespace: v.string(),
    job: v.string(),
    /** The Job's identity: results of another one of that name are not taken. */
    uid: v.string(),
    /** How many results there must be. */
    workers: v.number(),
    /** What each of them must be the answer to. */
    asked: v.object({
      samples: v.number(),
      rounds: v.number(),
      processes: v.union([v.number(), v.literal("cores")]),
      seed: v.string(),
      index: v.optional(v.literal(singleIndex)),
    }),
    /** A line that says what is coming; in a series without the full stop, which the time comes before. Default: none. */
    announcement: v.optional(v.string()),
    /**
     * The series of Jobs, one after the other, to which it belongs: how many are left, this one included, and the names of those
     * before it, in their order. What they took tells about how long the rest will take. Default: it belongs to none.
     */
    series: v.optional(
      v.object({
        left: v.number(),
        former: v.array(v.string()),
        /** A Job that is no part of it and takes about as long as the longest of them. */
        alike: v.string(),
      }),
    ),
  }),
  result: collectionSchema,
});
/** What the program must be told. */
export type CollectorSettings = v.InferOutput<typeof collectResults.settings>;
