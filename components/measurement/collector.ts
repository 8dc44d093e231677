import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as v from "valibot";
import { type Collection, collectionSchema } from "./records.ts";

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
    const collected = new command.local.Command(
      name,
      {
        create: "exec node components/measurement/collector.command.ts",
        stdin: pulumi.secret(pulumi.jsonStringify({ ...args })),
        triggers: [args.uid],
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    // Secret input makes every output of a Command secret; what the pods printed is not.
    this.collection = pulumi
      .unsecret(collected.stdout)
      .apply((stdout) => v.parse(collectionSchema, JSON.parse(stdout)));
    this.registerOutputs({ collection: this.collection });
  }
}
