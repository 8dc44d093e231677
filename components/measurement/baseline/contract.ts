// What the baseline's component and its program on this machine agree on.
import * as v from "valibot";
import { baselineRecordSchema } from "../../../analysis/records.ts";
import { contract } from "../../program/contract.ts";

export const measureBaseline = contract("measure-baseline", {
  settings: v.object({
    mode: v.picklist(["docker", "host"]),
    /** The Pulumi stack that it is measured for. */
    stack: v.string(),
    image: v.string(),
    program: v.string(),
    /** Arguments of pi.py for a small part of the work. */
    check: v.array(v.string()),
    /** Arguments of pi.py for the whole work. */
    work: v.array(v.string()),
    /** Seconds. */
    timeout: v.number(),
  }),
  result: baselineRecordSchema,
});
export type BaselineSettings = v.InferOutput<typeof measureBaseline.settings>;
