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
    /** A line that says what is coming. Default: none. */
    announcement: v.optional(v.string()),
  }),
  result: collectionSchema,
});
/** What the program must be told. */
export type CollectorSettings = v.InferOutput<typeof collectResults.settings>;
