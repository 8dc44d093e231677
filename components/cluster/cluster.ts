import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What the deployment must know of a cluster, whatever its kind. */
export interface Cluster extends pulumi.ComponentResource {
  /** Secret: access to the cluster. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Names of the nodes that do the work, each of them known to exist. */
  readonly workers: readonly string[];
  /** Value of the label by which what is this stack's on the cluster is known. */
  readonly stackValue: string;
  /** How the user gets its rights in a namespace that the stack makes; undefined: it has them. */
  readonly grant: NamespaceGrant | undefined;
  /** What everything on it must be given as options: how to get there, and with what it disappears. */
  readonly resourceOptions: ClusterResourceOptions;
}

export interface ClusterResourceOptions extends pulumi.ComponentResourceOptions {
  /** Talks to the cluster. */
  provider: kubernetes.Provider;
}

/** A role that the administrator lets the user bind to itself in the namespace that the stack makes, see docs/rbac.yaml. */
export interface NamespaceGrant {
  /** Name of the ClusterRole. */
  role: string;
  /** Name that the RoleBinding must have. */
  binding: string;
  /** Name of the user. */
  user: string;
}
