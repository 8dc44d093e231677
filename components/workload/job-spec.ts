// The Job's specification, as a plain value.
import { createHash } from "node:crypto";
import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../config.ts";
import { type PartOfRun, program, programArguments } from "./pi-program.ts";
import { withoutSidecars } from "./without-sidecars.ts";

export interface JobSpecArgs {
  workers: readonly string[];
  /**
   * Whether the pods may run on these workers only. Default: on all nodes with the labels, unless there is only one
   * worker.
   */
  pinned?: boolean;
  /** The labels that identify the workers. */
  nodeSelector: Record<string, string>;
  workload: Workload;
  /** Each pod's part of it. Default: all. */
  part?: PartOfRun;
  run: pulumi.Input<string>;
}

/** Name of the container that is measured. */
export const containerName = "pi-calculator";

/** Reserves a place for each pod. A limit would throttle what is measured. */
export const requests = { cpu: "100m", memory: "64Mi" };

/** One pod on each worker, all at the same time. A failed pod fails the Job, and nothing is retried. */
export function jobSpec({
  workers,
  pinned = workers.length === 1,
  nodeSelector,
  workload,
  part,
  run,
}: JobSpecArgs): kubernetes.types.input.batch.v1.JobSpec {
  const labels = { "app.kubernetes.io/name": "pi-speedup", ...nodeSelector };
  return {
    // The collector releases it, and times it from then on.
    suspend: true,
    completionMode: "Indexed",
    completions: workers.length,
    parallelism: workers.length,
    backoffLimit: 0,
    // The pods' own deadline comes first, because it keeps them and their logs. This one deletes them.
    activeDeadlineSeconds: workload.timeout + 60,
    template: {
      metadata: {
        labels: { ...withoutSidecars.labels, ...labels },
        annotations: {
          ...withoutSidecars.annotations,
          "pi-speedup/run": run,
          "pi-speedup/workers": fingerprint(workers),
        },
      },
      spec: {
        nodeSelector,
        affinity: {
          ...(pinned && { nodeAffinity: onNodes(workers) }),
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: labels } },
            ],
          },
        },
        tolerations: ["not-ready", "unreachable"].map((condition) => ({
          key: `node.kubernetes.io/${condition}`,
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds: 15,
        })),
        restartPolicy: "Never",
        activeDeadlineSeconds: workload.timeout,
        terminationGracePeriodSeconds: 5,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65534,
          runAsGroup: 65534,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [container(workload, part)],
      },
    },
  };
}

/** A container that runs pi.py. */
function container(workload: Workload, part?: PartOfRun): kubernetes.types.input.core.v1.Container {
  return {
    name: containerName,
    image: workload.image,
    imagePullPolicy: "IfNotPresent",
    command: ["python3", "-c"],
    args: [program, ...programArguments(workload, part)].map(literal),
    env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
    resources: { requests },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}

/**
 * Only these nodes among those with the labels. Kubernetes takes one name per field, so there is a term for each, of
 * which one must match. This needs no further label on nodes that may belong to someone else.
 */
function onNodes(nodes: readonly string[]): kubernetes.types.input.core.v1.NodeAffinity {
  const nodeSelectorTerms = [...nodes].sort().map((node) => ({
    matchFields: [{ key: "metadata.name", operator: "In", values: [node] }],
  }));
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
}

/** Other workers mean another Job, even if their number stays the same. */
function fingerprint(workers: readonly string[]): string {
  return createHash("sha256")
    .update([...workers].sort().join("\n"))
    .digest("hex")
    .slice(0, 16);
}

/** Kubernetes expands `$(NAME)` in a container's arguments; a doubled `$` is a literal one. */
function literal(argument: string): string {
  return argument.replaceAll("$", "$$$$");
}
