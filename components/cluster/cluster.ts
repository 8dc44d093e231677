import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What the deployment must know of a cluster, whatever its kind. */
export interface Cluster extends pulumi.ComponentResource {
  /** Secret: access to the cluster. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Names of the nodes that do the work, each of them known to exist. */
  readonly workers: readonly string[];
  /** What everything on it must be given as options: how to get there, and with what it disappears. */
  readonly resourceOptions: ClusterResourceOptions;
}

export interface ClusterResourceOptions extends pulumi.ComponentResourceOptions {
  /** Talks to the cluster. */
  provider: kubernetes.Provider;
}
