// Creates one of three kinds of cluster. The rest of the program does not distinguish them.

import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../../analysis/failure.js";
import { printableMessage } from "../../analysis/printable.js";
import type { Settings } from "../config.ts";
import { plannedPoints, refuseStudy } from "../measurement/planned-points.ts";
import { drawnValue, jobNames } from "../ownership.ts";
import { runErrorOf } from "../run-error.ts";
import type { Cluster } from "./cluster.ts";
import { EmbeddedCluster } from "./embedded/embedded-cluster.ts";
import { ExistingCluster, type ExistingClusterArgs } from "./existing/existing-cluster.ts";

/**
 * The stack's cluster. One that it did not create is inspected first, even in a preview.
 * @throws RunError with one message if that cluster can't be used. Nothing has been created then.
 */
export async function createCluster(settings: Settings): Promise<Cluster> {
  const { cluster, workload } = settings;
  try {
    if (cluster.kind === "embedded") {
      refuseStudy(settings, cluster.agents);
      return new EmbeddedCluster("cluster", { agents: cluster.agents, image: workload.image });
    }
    return new ExistingCluster("cluster", await inspectExisting(cluster, settings));
  } catch (error) {
    throw error instanceof Failure ? runErrorOf(error) : error;
  }
}

async function inspectExisting(
  cluster: Exclude<Settings["cluster"], { kind: "embedded" }>,
  settings: Settings,
): Promise<ExistingClusterArgs> {
  const { namespace, createNamespace, job, workload } = settings;
  // Imported only here, because loading a Kubernetes client takes longer than an unchanged deployment of an embedded
  // cluster.
  const [{ inspect }, { readKubeconfig }, { fetchKubeconfig }, { readRecorded }, { imageArchitectures }] =
    await Promise.all([
      import("./existing/inspect.ts"),
      import("./existing/kubeconfig-files.ts"),
      import("./existing/ssh.ts"),
      import("./existing/recorded.ts"),
      import("./existing/image-architectures.ts"),
    ]);
  const [access, recorded] = await Promise.all([
    cluster.kind === "ssh" ? fetchKubeconfig(cluster) : readKubeconfig(cluster, process.env),
    readRecorded(),
  ]);
  const stackValue = recorded.stackValue ?? drawnValue();
  const { identifier, workers, leftOut, grant } = await inspect(
    { ...access, ...(!createNamespace && { manifest: "docs/rbac-namespace.yaml" }) },
    {
      workers: cluster.workers,
      stackValue,
      namespace,
      createNamespace,
      jobs: (workers) => jobNames(job, plannedPoints(settings, workers)),
      recorded,
      image: { name: workload.image, architectures: imageArchitectures },
    },
  );
  for (const node of leftOut) await pulumi.log.info(printableMessage(`Not among the workers: ${node}.`));
  return { kubeconfig: access.kubeconfig, identifier, workers, stackValue, grant };
}
