import type { ClusterSettings } from "./contracts.ts";

/**
 * k3d's own configuration file. Nothing but the API server is reached from outside: no load balancer, no registry, no add-ons.
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
      // What has failed stays until its logs are read, and is then removed by us.
      k3d: { wait: true, timeout: "300s", disableLoadbalancer: true, disableRollback: true },
      k3s: { extraArgs: without.map((part) => ({ arg: `--disable=${part}`, nodeFilters: ["server:*"] })) },
      kubeconfig: { updateDefaultKubeconfig: false, switchCurrentContext: false },
      runtime: { labels: labels.map((label) => ({ label, nodeFilters: ["server:*", "agent:*"] })) },
    },
  });
}
