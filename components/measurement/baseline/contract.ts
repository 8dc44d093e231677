// What the baseline's component and its program on this machine agree on.
import * as v from "valibot";
import { halfSchema } from "../../../analysis/single-machine.ts";
import { contract } from "../../program/contract.ts";

/** The program that does a half of the single machine's rounds. */
export const measureBaseline = contract("measure-baseline", {
  settings: v.object({
    mode: v.picklist(["docker", "host"]),
    /** The Pulumi stack that it is measured for. */
    stack: v.string(),
    image: v.string(),
    program: v.string(),
    /** Which rounds it does: from which one on, counted from 0, how many, and of how many in both halves. */
    half: v.object({ first: v.number(), count: v.number(), of: v.number() }),
    /** Arguments of pi.py for these rounds. */
    work: v.array(v.string()),
    /** What comes before the first half: arguments of pi.py for a small part of a round, and how many such parts a round has. */
    check: v.optional(v.object({ work: v.array(v.string()), parts: v.number() })),
    /** What the first half was, for the second: the content that the image's name stood for, and seconds of a round. */
    former: v.optional(v.object({ digest: v.nullable(v.string()), seconds: v.number() })),
    /** Seconds. */
    timeout: v.number(),
  }),
  result: halfSchema,
});
/** What the program must be told. */
export type BaselineSettings = v.InferOutput<typeof measureBaseline.settings>;
