/** Access to a cluster that the stack did not create. */
export interface Access {
  /** Secret: a kubeconfig with one context that needs no other file. */
  kubeconfig: string;
  /** Address of the API server. */
  server: string;
  /** The cluster's owner, for messages: `of …`. */
  whose: string;
  /** What the user can do if the address does not answer, as part of a sentence. */
  remedy: string;
  /** The file with the permissions that its user needs. Default: docs/rbac.yaml. */
  manifest?: string;
}
