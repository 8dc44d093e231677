// The contract between the embedded cluster's component and its programs.
import * as v from "valibot";
import { contract } from "../../program/contract.ts";

const clusterSettings = v.object({
  /** The cluster's name. */
  name: v.string(),
  /** The Pulumi stack that it belongs to. */
  stack: v.string(),
  /** Number of worker nodes. */
  agents: v.number(),
  /** K3s image of the nodes, by its official name. Its substitute where it can't be pulled is not a setting. */
  nodeImage: v.string(),
  /** Distinguishes this state's cluster from others with that name. The previous release had none. */
  identity: v.optional(v.string()),
});
export type ClusterSettings = v.InferOutput<typeof clusterSettings>;

/** Generates the value that distinguishes a state's objects from others with the same names. */
export const drawIdentity = contract("draw-identity", { settings: v.object({}), result: v.string() });

/** An administrator's kubeconfig. */
const kubeconfig = v.string();

export const createCluster = contract("create-cluster", { settings: clusterSettings, result: kubeconfig });

/** For an existing cluster that stays: its kubeconfig again. */
export const updateCluster = contract("update-cluster", { settings: clusterSettings, result: kubeconfig });

export const deleteCluster = contract("delete-cluster", { settings: clusterSettings, result: v.null() });

export const loadImage = contract("load-image", {
  settings: v.object({
    image: v.string(),
    /** A node whose image volume the others share, as k3d mounts it. */
    server: v.string(),
    /** Nodes that need the image. */
    workers: v.array(v.string()),
  }),
  result: v.null(),
});
