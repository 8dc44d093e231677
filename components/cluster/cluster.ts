import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What the deployment needs to know about a cluster of any kind. */
export interface Cluster extends pulumi.ComponentResource {
  /** Secret: the kubeconfig. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Names of the nodes that do the work. All of them exist. */
  readonly workers: readonly string[];
  /** Value of the label that marks this stack's objects on the cluster. */
  readonly stackValue: string;
  /** How the user gets its permissions in a namespace that the stack creates; undefined if it already has them. */
  readonly grant: NamespaceGrant | undefined;
  /** Options for everything on the cluster: its provider, and what its deletion is tied to. */
  readonly resourceOptions: ClusterResourceOptions;
}

export interface ClusterResourceOptions extends pulumi.ComponentResourceOptions {
  /** The cluster's provider. */
  provider: kubernetes.Provider;
}

/**
 * A role that the administrator lets the user bind to itself in the namespace that the stack creates. See
 * docs/rbac.yaml.
 */
export interface NamespaceGrant {
  /** Name of the ClusterRole. */
  role: string;
  /** Name that the RoleBinding must have. */
  binding: string;
  /** Name of the user. */
  user: string;
}
