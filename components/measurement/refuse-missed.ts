// Makes a run that misses a condition fail, but keeps its results.
import * as pulumi from "@pulumi/pulumi";
import { type JudgedRequirement, missedMessage } from "../../analysis/requirements.ts";
import { runError } from "../run-error.ts";
import { toldByScript } from "./told-by-script.ts";

/**
 * Fails the deployment, but never a preview, if a condition is missed. Must be called last, with its result in no
 * output. Pulumi then still registers the stack's outputs, and exits with the message. Inside an output, or at the
 * program's top level, the failure would discard the outputs.
 * @param others what else must be complete before the failure.
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
