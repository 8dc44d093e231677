import * as pulumi from "@pulumi/pulumi";
import type { Collection } from "../../../analysis/records.ts";
import { ProgramCommand } from "../../program/program-command.ts";
import type { PiJob } from "../../workload/pi-job.ts";
import { type CollectorSettings, collectResults } from "./contract.ts";

/** What a collector waits for. */
export interface CollectorArgs {
  /**
   * The Job to wait for. Another Job is collected again; with new access to its cluster, the same one is read again.
   * Fails if there are fewer results than workers, or two from one node.
   */
  job: PiJob;
  /** A line to print before the Job. Default: none. */
  announcement?: pulumi.Input<string>;
  /** The series of Jobs that it belongs to, with which the line estimates the remaining time. Default: none. */
  series?: CollectorSettings["series"];
}

/** Waits until a Job's pods have ended and reads their results. */
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
    // The pods' output is not secret.
    this.collection = collected.result;
    this.registerOutputs({ collection: this.collection });
  }
}
