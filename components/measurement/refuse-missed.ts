// A run that misses a condition fails, and keeps what it has measured.
import * as pulumi from "@pulumi/pulumi";
import { type JudgedRequirement, missedMessage } from "../../analysis/requirements.ts";
import { runError } from "../run-error.ts";
import { toldByScript } from "./told-by-script.ts";

/**
 * Fails the deployment where a condition is missed, and never a preview. To be called last, with its result in no output: Pulumi
 * then registers the stack's outputs all the same, and exits with the message. From within an output, or at the program's top
 * level, the failure would take the outputs with it.
 * @param others what else must be there before the failure is told.
 */
export function refuseMissed(
  requirements: pulumi.Output<readonly JudgedRequirement[]>,
  others: pulumi.Input<unknown>[] = [],
): void {
  if (pulumi.runtime.isDryRun() || process.env[toldByScript] !== undefined) return;
  pulumi.all([requirements, pulumi.all(others)]).apply(([judged]) => {
    const missed = missedMessage(judged);
    if (missed !== undefined) throw runError(missed.id, missed.text);
  });
}
