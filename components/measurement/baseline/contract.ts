// The contract between the baseline's component and its program.
import * as v from "valibot";
import { halfSchema } from "../../../analysis/single-machine.ts";
import { contract } from "../../program/contract.ts";

/** The program that runs a half of the single machine's rounds. */
export const measureBaseline = contract("measure-baseline", {
  settings: v.object({
    mode: v.picklist(["docker", "host"]),
    /** The Pulumi stack that it is measured for. */
    stack: v.string(),
    image: v.string(),
    program: v.string(),
    /** Its rounds: the number of the first one, from 0, their number, and the number in both halves. */
    half: v.object({ first: v.number(), count: v.number(), of: v.number() }),
    /** Arguments of pi.py for these rounds. */
    work: v.array(v.string()),
    /**
     * The check before the first half: arguments of pi.py for a small part of a round, and the number of such parts in
     * a round.
     */
    check: v.optional(v.object({ work: v.array(v.string()), parts: v.number() })),
    /** What the second half needs from the first: the image's digest, and seconds per round. */
    former: v.optional(v.object({ digest: v.nullable(v.string()), seconds: v.number() })),
    /** Seconds. */
    timeout: v.number(),
  }),
  result: halfSchema,
});
/** The program's settings. */
export type BaselineSettings = v.InferOutput<typeof measureBaseline.settings>;
