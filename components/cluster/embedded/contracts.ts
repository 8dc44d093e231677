// What the embedded cluster's component and its programs agree on.
import * as v from "valibot";
import { contract } from "../../program/contract.ts";

const clusterSettings = v.object({
  /** The cluster's name. */
  name: v.string(),
  /** The Pulumi stack that it belongs to. */
  stack: v.string(),
  /** Worker nodes. */
  agents: v.number(),
  /** K3s image of the nodes, by its official name; what takes its place where it can't be pulled is no setting. */
  nodeImage: v.string(),
  /** Tells this state's cluster from any other of that name. The former release had none. */
  identity: v.optional(v.string()),
});
export type ClusterSettings = v.InferOutput<typeof clusterSettings>;

/** Draws what tells a state's things from any others of their names. */
export const drawIdentity = contract("draw-identity", { settings: v.object({}), result: v.string() });

/** An administrator's kubeconfig. */
const kubeconfig = v.string();

export const createCluster = contract("create-cluster", { settings: clusterSettings, result: kubeconfig });

/** For a cluster that is there and stays: its kubeconfig once more. */
export const updateCluster = contract("update-cluster", { settings: clusterSettings, result: kubeconfig });

export const deleteCluster = contract("delete-cluster", { settings: clusterSettings, result: v.null() });

export const loadImage = contract("load-image", {
  settings: v.object({
    image: v.string(),
    /** A node whose volume of images the others share, as k3d mounts it. */
    server: v.string(),
    /** Nodes that need the image. */
    workers: v.array(v.string()),
  }),
  result: v.null(),
});
