// A cluster for components under Pulumi's mocks.
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../../components/cluster/cluster.ts";

/** A resource as it was declared. */
export interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** One with these workers and nothing else. */
export class MockCluster extends pulumi.ComponentResource implements Cluster {
  public readonly kubeconfig = pulumi.secret("the kubeconfig");
  public readonly workers: string[];
  public readonly stackValue = "0123456789abcdef";
  public readonly grant: Cluster["grant"];
  public readonly resourceOptions: Cluster["resourceOptions"];

  constructor(name: string, workers: string[], grant?: Cluster["grant"]) {
    super("pi-speedup:cluster:MockCluster", name);
    this.workers = workers;
    this.grant = grant;
    this.resourceOptions = { provider: new kubernetes.Provider(name, {}, { parent: this }) };
  }
}
