import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { valueByName } from "../../ownership.ts";
import { ProgramCommand } from "../../program/program-command.ts";
import type { Cluster, ClusterResourceOptions } from "../cluster.ts";
import { createCluster, deleteCluster, drawIdentity, loadImage, updateCluster } from "./contracts.ts";
import { agentNodes, clusterNameFor, serverNode } from "./names.ts";
import { nodeImage } from "./node-image.ts";

export interface EmbeddedClusterArgs {
  /** Worker nodes to create, at least 1. Changing it recreates the cluster. */
  agents: number;
  /**
   * Image of the pods, which is copied to the nodes. If it is unavailable, the deployment fails and the cluster stays
   * as it is.
   */
  image: string;
}

/**
 * A K3s cluster in Docker, created by k3d: one server and some agents, each a container on this machine. If the
 * creation fails, everything is removed again.
 */
export class EmbeddedCluster extends pulumi.ComponentResource implements Cluster {
  /** Secret: an administrator's kubeconfig. */
  public readonly kubeconfig: pulumi.Output<string>;
  /** Names of the nodes that do the work. */
  public readonly workers: string[];
  public readonly stackValue: string = valueByName(pulumi.getProject(), pulumi.getStack());
  /** An administrator needs none. */
  public readonly grant: undefined;
  public readonly resourceOptions: ClusterResourceOptions;

  constructor(name: string, args: EmbeddedClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-speedup:cluster:EmbeddedCluster", name, {}, opts);
    const stack = pulumi.getStack();
    const clusterName = clusterNameFor(stack, process.cwd());
    const settings = { name: clusterName, stack, agents: args.agents, nodeImage };
    // Generated only once, because another value would detach the cluster from its state.
    const once = { parent: this, ignoreChanges: ["create", "stdin", "logging"] };
    const identity = new ProgramCommand("identity", drawIdentity, { settings: {} }, once);
    const k3d = new ProgramCommand(
      name,
      createCluster,
      {
        settings: { ...settings, identity: identity.result },
        // Without the identity, which an update adds to a state of the previous release. The cluster is kept.
        triggers: [JSON.stringify(settings)],
        update: updateCluster,
        delete: deleteCluster,
        secret: "result",
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.kubeconfig = k3d.result;
    this.workers = agentNodes(clusterName, args.agents);
    const [server, workers] = [serverNode(clusterName), this.workers];
    new ProgramCommand(
      "image",
      loadImage,
      { settings: { image: args.image, server, workers }, triggers: [k3d.id] },
      { parent: this },
    );
    const provider = new kubernetes.Provider(name, { kubeconfig: this.kubeconfig }, { parent: this });
    // The provider, not the Command. While the Command is replaced, the engine closes the old provider before it
    // deletes what is on the cluster. And it honours `deletedWith` only for resources that are deleted as a
    // consequence, such as the provider.
    this.resourceOptions = { provider, deletedWith: provider };
    this.registerOutputs({ workers: this.workers });
  }
}
