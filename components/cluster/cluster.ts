// Where it runs: one of three kinds of cluster, for the rest of the program all alike.
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config.ts";
import { Failure } from "../failure.js";
import { baselineJob, stackLabel, workerLabels } from "../ownership.ts";
import type { WorkplaceOptions } from "../workload/worker-pool.ts";
import { EmbeddedCluster } from "./embedded/embedded-cluster.ts";
import { ExistingCluster, type ExistingClusterArgs } from "./existing/existing-cluster.ts";

/** A cluster that can be worked on. */
export interface Cluster extends pulumi.ComponentResource {
  /** Secret: access to the cluster. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Names of the nodes that do the work. */
  readonly workers: readonly string[];
  /** What the workplace on it must be given as options: how to get there, and with what it disappears. */
  readonly placement: WorkplaceOptions;
}

/**
 * The stack's cluster. One that it has not made is inspected first, in preview too.
 * @throws RunError with one sentence when that cluster can't be used; nothing has been created then.
 */
export async function clusterFor({ cluster, namespace, job, workload }: Settings): Promise<Cluster> {
  if (cluster.kind === "embedded") {
    return new EmbeddedCluster("cluster", { agents: cluster.agents, image: workload.image });
  }
  try {
    return new ExistingCluster("cluster", await examined(cluster, namespace, [job, baselineJob(job)]));
  } catch (error) {
    throw error instanceof Failure ? new pulumi.RunError(error.message) : error;
  }
}

async function examined(
  cluster: Exclude<Settings["cluster"], { kind: "embedded" }>,
  namespace: string,
  jobs: readonly string[],
): Promise<ExistingClusterArgs> {
  // Loaded only here: a Kubernetes client takes longer to load than an unchanged deployment of an embedded cluster takes.
  const [{ inspect }, { readKubeconfig }, { fetchKubeconfig }] = await Promise.all([
    import("./existing/inspect.ts"),
    import("./existing/kubeconfig-files.ts"),
    import("./existing/ssh.ts"),
  ]);
  const access = cluster.kind === "ssh" ? await fetchKubeconfig(cluster) : await readKubeconfig(cluster, process.env);
  const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
  const { identifier, workers, leftOut } = await inspect(access, {
    workers: cluster.workers,
    labels: workerLabels(project, stack),
    namespace,
    jobs,
    ours: stackLabel(project, stack),
  });
  for (const node of leftOut) await pulumi.log.info(`Not among the workers: ${node}.`);
  return { kubeconfig: access.kubeconfig, identifier, workers };
}
