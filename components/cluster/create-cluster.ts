// Where it runs: one of three kinds of cluster, for the rest of the program all alike.
import * as pulumi from "@pulumi/pulumi";
import { printableMessage } from "../../analysis/printable.js";
import type { Settings } from "../config.ts";
import { Failure } from "../failure.js";
import { jobNames, stackLabel, workerLabels } from "../ownership.ts";
import { runError } from "../run-error.ts";
import type { Cluster } from "./cluster.ts";
import { EmbeddedCluster } from "./embedded/embedded-cluster.ts";
import { ExistingCluster, type ExistingClusterArgs } from "./existing/existing-cluster.ts";

/**
 * The stack's cluster. One that it has not made is inspected first, in preview too.
 * @throws RunError with one message when that cluster can't be used; nothing has been created then.
 */
export async function createCluster({ cluster, namespace, job, workload }: Settings): Promise<Cluster> {
  if (cluster.kind === "embedded") {
    return new EmbeddedCluster("cluster", { agents: cluster.agents, image: workload.image });
  }
  try {
    return new ExistingCluster("cluster", await inspectExisting(cluster, namespace, jobNames(job)));
  } catch (error) {
    throw error instanceof Failure ? runError(error.message) : error;
  }
}

async function inspectExisting(
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
  for (const node of leftOut) await pulumi.log.info(printableMessage(`Not among the workers: ${node}.`));
  return { kubeconfig: access.kubeconfig, identifier, workers };
}
