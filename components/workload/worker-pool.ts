import * as core from "@pulumi/kubernetes/core/v1/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster.ts";
import { stackLabel, workerLabels } from "../ownership.ts";

export interface WorkerPoolArgs {
  /** Its workers become the pool. */
  cluster: Cluster;
  /** Namespace to create. One that is somebody else's must have been refused before. */
  namespace: string;
}

/** Where Jobs of this stack can run: a namespace, and labels on the workers. */
export class WorkerPool extends pulumi.ComponentResource {
  public readonly cluster: Cluster;
  public readonly namespace: string;
  /** Names of the nodes that take part. */
  public readonly workers: readonly string[];
  /** The labels of a worker of this stack. */
  public readonly labels: Record<string, string>;

  constructor(name: string, { cluster, namespace }: WorkerPoolArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("pi-speedup:workload:Workplace", name, {}, pulumi.mergeOptions(opts, cluster.resourceOptions));
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    this.cluster = cluster;
    this.namespace = namespace;
    this.workers = cluster.workers;
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
    for (const worker of this.workers) {
      new core.NodePatch(`worker-${worker}`, { metadata: { name: worker, labels: this.labels } }, { parent: this });
    }
    this.registerOutputs();
  }
}
