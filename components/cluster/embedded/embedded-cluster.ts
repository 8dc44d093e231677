import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { valueByName } from "../../ownership.ts";
import { ProgramCommand } from "../../program/program-command.ts";
import type { Cluster, ClusterResourceOptions } from "../cluster.ts";
import { createCluster, deleteCluster, drawIdentity, loadImage, updateCluster } from "./contracts.ts";
import { agentNodes, clusterNameFor, serverNode } from "./names.ts";
import { nodeImage } from "./node-image.ts";

export interface EmbeddedClusterArgs {
  /** Worker nodes to create, at least 1. Another number makes another cluster. */
  agents: number;
  /** Image of the pods, brought to the nodes. One that cannot be had fails the deployment and leaves the cluster as it is. */
  image: string;
}

/**
 * A K3s cluster in Docker, through k3d: one server and some agents, each a container of this machine.
 * A creation that fails removes what it made.
 */
export class EmbeddedCluster extends pulumi.ComponentResource implements Cluster {
  /** Secret: an administrator's access to the cluster. */
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
    // Drawn once: another one would take the cluster from its state.
    const once = { parent: this, ignoreChanges: ["create", "stdin", "logging"] };
    const identity = new ProgramCommand("identity", drawIdentity, { settings: {} }, once);
    const k3d = new ProgramCommand(
      name,
      createCluster,
      {
        settings: { ...settings, identity: identity.result },
        // Without the identity, which a state of the former release gets by an update: its cluster stays.
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
    // Not the Command itself: while it is being replaced, the engine has closed the old provider before it comes to
    // what is on the cluster, and honours `deletedWith` only for resources that go because of it, such as the provider.
    this.resourceOptions = { provider, deletedWith: provider };
    this.registerOutputs({ workers: this.workers });
  }
}
