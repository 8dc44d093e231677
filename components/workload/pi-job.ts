import * as batch from "@pulumi/kubernetes/batch/v1/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Asked } from "../../analysis/pod-output.ts";
import type { WorkloadOutput } from "../../analysis/workload.ts";
import type { Workload } from "../config.ts";
import { jobSpec } from "./job-spec.ts";
import { type PartOfRun, programHash } from "./pi-program.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface PiJobArgs {
  /** Name of the Job. */
  job: string;
  /** Where it runs. */
  pool: WorkerPool;
  /** The workers to use, and no others. Default: all of the pool. */
  workers?: readonly string[];
  /** An annotation of the Job; changing it creates another Job. Default: none. */
  annotations?: Readonly<Record<string, string>>;
  /** What each pod computes. */
  workload: Workload;
  /** Each pod's part of it. Default: all. */
  part?: PartOfRun;
  /** Any text; changing it creates another Job. */
  run: pulumi.Input<string>;
}

/** A Monte Carlo π Job: one pod on each worker, all at the same time. `dependsOn` says what it must wait for. */
export class PiJob extends pulumi.ComponentResource {
  public readonly pool: WorkerPool;
  /** Name of the Job. */
  public readonly job: string;
  /** The workers that take part, one pod on each. */
  public readonly workers: readonly string[];
  /** What each pod computes, and with which version of pi.py. */
  public readonly workload: WorkloadOutput;
  /** The request that each pod's record must match. */
  public readonly asked: Asked;
  /** The uid of the Job that ran: another uid is another measurement. */
  public readonly uid: pulumi.Output<string>;

  constructor(name: string, args: PiJobArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const { job, pool, workers = pool.workers, annotations, ...work } = args;
    super("pi-speedup:workload:PiJob", name, {}, pulumi.mergeOptions(opts, pool.cluster.resourceOptions));
    this.pool = pool;
    this.job = job;
    this.workers = workers;
    this.workload = { ...args.workload, program: programHash };
    const { samples, processes, ...whole } = args.workload;
    const { index, rounds = whole.rounds, seed = whole.seed } = args.part ?? {};
    this.asked = { samples, processes, rounds, seed, ...(index !== undefined && { index }) };
    const made = new batch.Job(
      name,
      {
        metadata: {
          name: job,
          namespace: pool.namespace,
          annotations: {
            // Satisfied at once: the collector waits for the pods instead, faster and with better messages.
            "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
            // A Job that failed or never finished is replaced by the next `pulumi up`.
            "pulumi.com/replaceUnready": "true",
            ...annotations,
          },
        },
        spec: jobSpec({ workers, nodeSelector: pool.labels, ...work, ...(args.workers && { pinned: true }) }),
      },
      {
        parent: this,
        dependsOn: pool,
        deleteBeforeReplace: true,
        // Not even `spec.suspend` is ignored, although the collector changes it and sets it back when the Job is done.
        // Pulumi takes ignored values from the state, so after an older release or a refresh, it would create a Job
        // that is not suspended.
        replaceOnChanges: ["*"],
      },
    );
    this.uid = made.metadata.uid;
    this.registerOutputs({ uid: this.uid });
  }
}
