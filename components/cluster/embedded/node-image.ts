// The images of the embedded cluster: those of K3s and k3d by their official names, and their substitutes, with names
// of our own, for machines that can't pull them.

/**
 * The K3s release on the nodes of the embedded cluster, as the name of its image. States contain it, so it stays the
 * same even if a substitute is used.
 */
export const nodeImage = "rancher/k3s:v1.34.2-k3s1";

/** The image of the container with which k3d inspects its environment. */
export const toolsImage = "ghcr.io/k3d-io/k3d-tools:5.8.3";

export const ownImages = {
  /** Kubernetes with a launcher that k3d accepts as K3s. */
  node: "pi-speedup/kubernetes:1.34.2",
  /**
   * Only waits, which is enough for k3d's tools here, and for a pod's pause container. The name must match
   * toolchain/offline/kubernetes/k3s.go.
   */
  pause: "pi-speedup/pause:1",
} as const;
