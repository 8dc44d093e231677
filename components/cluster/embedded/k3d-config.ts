import type { ClusterSettings } from "./contracts.ts";

/**
 * k3d's configuration file. Only the API server can be reached from outside: no load balancer, no registry, no add-ons.
 * @param image of the nodes
 * @param labels of the nodes' containers, as `name=value`
 */
export function k3dConfig({ name, agents }: ClusterSettings, image: string, labels: readonly string[]): string {
  const without = ["coredns", "traefik", "servicelb", "metrics-server", "local-storage"];
  return JSON.stringify({
    apiVersion: "k3d.io/v1alpha5",
    kind: "Simple",
    metadata: { name },
    servers: 1,
    agents,
    image,
    kubeAPI: { host: "127.0.0.1", hostIP: "127.0.0.1" },
    options: {
      // After a failure, containers stay until their logs have been read. Then we remove them.
      k3d: { wait: true, timeout: "300s", disableLoadbalancer: true, disableRollback: true },
      k3s: { extraArgs: without.map((part) => ({ arg: `--disable=${part}`, nodeFilters: ["server:*"] })) },
      kubeconfig: { updateDefaultKubeconfig: false, switchCurrentContext: false },
      runtime: { labels: labels.map((label) => ({ label, nodeFilters: ["server:*", "agent:*"] })) },
    },
  });
}
