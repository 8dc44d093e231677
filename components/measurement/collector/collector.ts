import * as pulumi from "@pulumi/pulumi";
import type { Collection } from "../../../analysis/records.ts";
import { ProgramCommand } from "../../program/program-command.ts";
import type { PiJob } from "../../workload/pi-job.ts";
import { type CollectorSettings, collectResults } from "./contract.ts";

/** What a collector waits for. */
export interface CollectorArgs {
  /**
   * The Job to wait for. Another one is collected again; new access to its cluster reads the same one again. Fewer results
   * than it has workers, or two from one node, fail.
   */
  job: PiJob;
  /** A line that says what is coming, before it comes. Default: none. */
  announcement?: pulumi.Input<string>;
  /** The series of Jobs to which it belongs, by which the line tells how long the rest will take. Default: none. */
  series?: CollectorSettings["series"];
}

/** Waits until a Job's pods have ended and reads what they measured. */
export class Collector extends pulumi.ComponentResource {
  public readonly collection: pulumi.Output<Collection>;

  constructor(name: string, { job, announcement, series }: CollectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:measurement:Collector", name, {}, opts);
    const { pool, uid } = job;
    const collected = new ProgramCommand(
      name,
      collectResults,
      {
        settings: {
          kubeconfig: pool.cluster.kubeconfig,
          namespace: pool.namespace,
          job: job.job,
          uid,
          workers: job.workers.length,
          asked: job.asked,
          announcement,
          series,
        },
        triggers: [uid],
        secret: "settings",
      },
      { parent: this },
    );
    // What the pods printed is no secret.
    this.collection = collected.result;
    this.registerOutputs({ collection: this.collection });
  }
}
