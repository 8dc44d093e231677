import * as core from "@pulumi/kubernetes/core/v1/index.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster.ts";
import { podSecurity, stackLabel, workerLabels } from "../ownership.ts";

export interface WorkerPoolArgs {
  /** Its workers form the pool. */
  cluster: Cluster;
  /** Namespace to use. If it belongs to someone else, it must have been refused before. */
  namespace: string;
  /** Whether to create it, and thus to remove it. Otherwise, its administrator has created it. */
  createNamespace: boolean;
}

/** Where Jobs of this stack can run: a namespace, and labels on the workers. */
export class WorkerPool extends pulumi.ComponentResource {
  public readonly cluster: Cluster;
  public readonly namespace: string;
  /** Names of the nodes that take part. */
  public readonly workers: readonly string[];
  /** The labels of a worker of this stack. */
  public readonly labels: Record<string, string>;

  constructor(
    name: string,
    { cluster, namespace, createNamespace }: WorkerPoolArgs,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super("pi-speedup:workload:Workplace", name, {}, pulumi.mergeOptions(opts, cluster.resourceOptions));
    this.cluster = cluster;
    this.namespace = namespace;
    this.workers = cluster.workers;
    this.labels = workerLabels(cluster.stackValue);
    const rights = createNamespace ? this.makeNamespace(name) : [];
    for (const worker of this.workers) {
      new core.NodePatch(
        `worker-${worker}`,
        { metadata: { name: worker, labels: this.labels } },
        // For a moment after a binding was created, an API server may still refuse what it allows. The Job comes after
        // these.
        { parent: this, dependsOn: rights },
      );
    }
    this.registerOutputs();
  }

  /** Returns the resource that gives the user its permissions in it. */
  private makeNamespace(name: string): pulumi.Resource[] {
    const { grant, stackValue } = this.cluster;
    const made = new core.Namespace(
      name,
      { metadata: { name: this.namespace, labels: { ...podSecurity, ...stackLabel(stackValue) } } },
      { parent: this },
    );
    if (grant === undefined) return [];
    const binding = new RoleBinding(
      name,
      {
        metadata: { name: grant.binding, namespace: this.namespace },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: grant.role },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: grant.user }],
      },
      // The user may not delete it, but it is deleted with the namespace.
      { parent: this, dependsOn: made, deletedWith: made },
    );
    return [binding];
  }
}
