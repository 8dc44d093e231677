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
  /** K3s image of the nodes. */
  nodeImage: v.string(),
});
export type ClusterSettings = v.InferOutput<typeof clusterSettings>;

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
