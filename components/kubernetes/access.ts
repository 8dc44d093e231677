import type { FaultId } from "../../analysis/fault-ids.js";
/** Access to a cluster that the stack did not create. */
export interface Access {
  /** Secret: a kubeconfig with one context that needs no other file. */
  kubeconfig: string;
  /** Address of the API server. */
  server: string;
  /** The cluster's owner, for messages: `of …`. */
  whose: string;
  /** The remedy if the address does not answer: an imperative, as the beginning of a sentence. */
  remedy: string;
  /** The fault if the address does not answer. Default: api-unreachable. */
  unreachable?: FaultId;
  /** The file with the permissions that its user needs. Default: docs/rbac.yaml. */
  manifest?: string;
}
