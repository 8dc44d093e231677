import { createHash } from "node:crypto";
import type * as kubernetes from "@pulumi/kubernetes";
import * as batch from "@pulumi/kubernetes/batch/v1/index.js";
import * as core from "@pulumi/kubernetes/core/v1/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../config.ts";
import { jobSpec } from "./job.ts";

export interface PiWorkloadArgs {
  /** Namespace to create. One that exists already is refused by the API server. */
  namespace: string;
  /** Name of the Job. */
  job: string;
  /** Names of the nodes that take part, each of them known to exist: a patch of one that doesn't would create it. */
  workers: readonly string[];
  /** What each pod computes. */
  workload: Workload;
  /** Any text; another one makes another Job. */
  run: string;
}

export interface PiWorkloadOptions extends pulumi.ComponentResourceOptions {
  provider: kubernetes.Provider;
  /** What must have ended before the Job starts: it is measured, and must be alone. */
  jobAfter: pulumi.Resource[];
}

/** The Monte-Carlo π Job: one pod on each worker, all at the same time, on nodes labelled for this stack. */
export class PiWorkload extends pulumi.ComponentResource {
  /** Identity of the Job that ran: another uid is another measurement. */
  public readonly uid: pulumi.Output<string>;
  public readonly job: batch.Job;

  constructor(name: string, args: PiWorkloadArgs, { jobAfter, ...opts }: PiWorkloadOptions) {
    super("pi-speedup:workload:PiWorkload", name, {}, opts);
    const inherited = { parent: this, ...(opts.deletedWith && { deletedWith: opts.deletedWith }) };
    const stackLabel = createHash("sha256")
      .update(`${pulumi.getProject()}/${pulumi.getStack()}`)
      .digest("hex")
      .slice(0, 16);

    const namespace = new core.Namespace(
      name,
      { metadata: { name: args.namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      inherited,
    );
    const labels = { role: "worker", "pi-speedup/stack": stackLabel };
    const labelled = args.workers.map(
      (worker) => new core.NodePatch(`worker-${worker}`, { metadata: { name: worker, labels } }, inherited),
    );
    this.job = new batch.Job(
      name,
      {
        metadata: {
          name: args.job,
          namespace: args.namespace,
          annotations: {
            // Satisfied at once: the collector waits for the pods, faster and with better words.
            "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
            // A Job that failed or never finished is made anew by the next `pulumi up`.
            "pulumi.com/replaceUnready": "true",
          },
        },
        spec: jobSpec({ ...args, nodeSelector: labels }),
      },
      { ...inherited, dependsOn: [namespace, ...labelled, ...jobAfter], deleteBeforeReplace: true },
    );
    this.uid = this.job.metadata.uid;
    this.registerOutputs({ uid: this.uid });
  }
}
