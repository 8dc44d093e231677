import * as pulumi from "@pulumi/pulumi";
import type { Collection } from "../../../analysis/records.ts";
import { ProgramCommand } from "../../program/program-command.ts";
import { collectResults } from "./contract.ts";

export interface CollectorArgs {
  /** Access to the cluster. Another one reads the same Job again. */
  kubeconfig: pulumi.Input<string>;
  /** Namespace of the Job. */
  namespace: string;
  /** Name of the Job. */
  job: string;
  /** Uid of the Job: another Job is collected anew. */
  uid: pulumi.Input<string>;
  /** Number of results that must be there; fewer, or two from one node, fail. */
  workers: number;
}

/** Waits until the Job's pods have ended and reads what they measured. */
export class Collector extends pulumi.ComponentResource {
  public readonly collection: pulumi.Output<Collection>;

  constructor(name: string, args: CollectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:measurement:Collector", name, {}, opts);
    const { uid } = args;
    const collected = new ProgramCommand(
      name,
      collectResults,
      { settings: args, triggers: [uid], secret: "settings" },
      { parent: this },
    );
    // What the pods printed is no secret.
    this.collection = collected.result;
    this.registerOutputs({ collection: this.collection });
  }
}
