/** A way to a cluster that the stack has not made. */
export interface Access {
  /** Secret: a kubeconfig with one context, which needs no other file. */
  kubeconfig: string;
  /** Address of the API server. */
  server: string;
  /** Whose cluster it is, for messages: `of …`. */
  whose: string;
  /** What the user can do when the address does not answer, as part of a sentence. */
  remedy: string;
  /** The file with the rights that its user needs. Default: docs/rbac.yaml. */
  manifest?: string;
}
