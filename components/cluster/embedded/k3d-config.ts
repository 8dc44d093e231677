import { dockerLabels } from "../../ownership.ts";
import type { ClusterSettings } from "./contracts.ts";

/** k3d's own configuration file. Nothing but the API server is reached from outside: no load balancer, no registry, no add-ons. */
export function k3dConfig({ name, stack, agents, nodeImage }: ClusterSettings): string {
  const without = ["coredns", "traefik", "servicelb", "metrics-server", "local-storage"];
  return JSON.stringify({
    apiVersion: "k3d.io/v1alpha5",
    kind: "Simple",
    metadata: { name },
    servers: 1,
    agents,
    image: nodeImage,
    kubeAPI: { host: "127.0.0.1", hostIP: "127.0.0.1" },
    options: {
      k3d: { wait: true, timeout: "300s", disableLoadbalancer: true },
      k3s: { extraArgs: without.map((part) => ({ arg: `--disable=${part}`, nodeFilters: ["server:*"] })) },
      kubeconfig: { updateDefaultKubeconfig: false, switchCurrentContext: false },
      runtime: {
        labels: dockerLabels(stack, process.cwd()).map((label) => ({ label, nodeFilters: ["server:*", "agent:*"] })),
      },
    },
  });
}
