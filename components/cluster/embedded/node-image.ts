// The images of the cluster's own: K3s' and k3d's by their official names, and what takes their place where these can't be
// pulled, under names of our own.

/** The K3s release that the embedded cluster's nodes run, as the name of its container image. States hold it, so it stays whatever takes its place. */
export const nodeImage = "rancher/k3s:v1.34.2-k3s1";

/** The image of the container with which k3d looks at its surroundings. */
export const toolsImage = "ghcr.io/k3d-io/k3d-tools:5.8.3";

export const ownImages = {
  /** Kubernetes with a launcher that k3d takes for K3s. */
  node: "pi-speedup/kubernetes:1.34.2",
  /** Waits, which is all that k3d needs of its tools here, and what a pod's own pause does. The name must be the one in toolchain/offline/kubernetes/k3s.go. */
  pause: "pi-speedup/pause:1",
} as const;
