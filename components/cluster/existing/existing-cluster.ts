import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster, ClusterResourceOptions, NamespaceGrant } from "../cluster.ts";

/** The result of inspecting the cluster. */
export interface ExistingClusterArgs {
  /** The kubeconfig; becomes a secret. Another kubeconfig for the same cluster replaces nothing. */
  kubeconfig: string;
  /** Identifies the cluster, independent of address and credentials. Another cluster replaces everything on it. */
  identifier: string;
  /** Names of the nodes that do the work. */
  workers: readonly string[];
  /** Value of the stack's label. */
  stackValue: string;
  grant: NamespaceGrant | undefined;
}

/** A cluster that the stack did not create and will not remove. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  /** Secret: the given kubeconfig. */
  public readonly kubeconfig: pulumi.Output<string>;
  public readonly workers: readonly string[];
  public readonly stackValue: string;
  public readonly grant: NamespaceGrant | undefined;
  public readonly resourceOptions: ClusterResourceOptions;

  constructor(name: string, args: ExistingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:cluster:ExistingCluster", name, {}, opts);
    this.kubeconfig = pulumi.secret(args.kubeconfig);
    this.workers = args.workers;
    this.stackValue = args.stackValue;
    this.grant = args.grant;
    const provider = new kubernetes.Provider(
      name,
      { kubeconfig: this.kubeconfig, clusterIdentifier: args.identifier },
      { parent: this },
    );
    this.resourceOptions = { provider };
    this.registerOutputs({ workers: this.workers });
  }
}
