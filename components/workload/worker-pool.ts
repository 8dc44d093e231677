import type * as kubernetes from "@pulumi/kubernetes";
import * as core from "@pulumi/kubernetes/core/v1/index.js";
import * as pulumi from "@pulumi/pulumi";
import { stackLabel, workerLabels } from "../ownership.ts";

export interface WorkplaceArgs {
  /** Namespace to create. One that exists already is refused by the API server. */
  namespace: string;
  /** Names of the nodes that take part, each of them known to exist: a patch of one that doesn't would create it. */
  workers: readonly string[];
}

export interface WorkplaceOptions extends pulumi.ComponentResourceOptions {
  /** Talks to the cluster. */
  provider: kubernetes.Provider;
}

/** Where Jobs of this stack can run: a namespace, and labels on the workers. */
export class Workplace extends pulumi.ComponentResource {
  public readonly namespace: string;
  public readonly workers: readonly string[];
  /** The labels of a worker of this stack. */
  public readonly labels: Record<string, string>;

  /** What a Job here must be given as options: the cluster's provider, and with what it disappears. */
  public readonly placement: pulumi.ComponentResourceOptions;

  constructor(name: string, { namespace, workers }: WorkplaceArgs, opts: WorkplaceOptions) {
    super("pi-speedup:workload:Workplace", name, {}, opts);
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    this.placement = { provider: opts.provider, ...(opts.deletedWith && { deletedWith: opts.deletedWith }) };
    this.namespace = namespace;
    this.workers = workers;
    this.labels = workerLabels(project, stack);
    new core.Namespace(
      name,
      {
        metadata: {
          name: namespace,
          labels: { "pod-security.kubernetes.io/enforce": "restricted", ...stackLabel(project, stack) },
        },
      },
      { parent: this },
    );
    for (const worker of workers) {
      new core.NodePatch(`worker-${worker}`, { metadata: { name: worker, labels: this.labels } }, { parent: this });
    }
    this.registerOutputs();
  }
}
