/** The K3s release that the embedded cluster's nodes run, as the name of its container image. */
export const nodeImage = "rancher/k3s:v1.34.2-k3s1";
