// What the Job asks of Kubernetes, as a plain value.
import { createHash } from "node:crypto";
import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../config.ts";
import { type PartOfRun, program, programArguments } from "./pi-program.ts";
import { withoutSidecars } from "./without-sidecars.ts";

export interface JobSpecArgs {
  workers: readonly string[];
  /** Whether the pods may run on these workers alone. Default: on all that have the labels, unless there is but one worker. */
  pinned?: boolean;
  /** The labels by which the workers are known. */
  nodeSelector: Record<string, string>;
  workload: Workload;
  /** What each pod does of it. Default: all. */
  part?: PartOfRun;
  run: pulumi.Input<string>;
}

/** Name of the container that is measured. */
export const containerName = "pi-calculator";

/** What finds each pod its place. A limit would throttle what is to be measured. */
export const requests = { cpu: "100m", memory: "64Mi" };

/** One pod on each worker, all at once; a pod that fails fails the Job, and nothing is tried twice. */
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
    // The collector lets it start, and times it from then on.
    suspend: true,
    completionMode: "Indexed",
    completions: workers.length,
    parallelism: workers.length,
    backoffLimit: 0,
    // The pods' own deadline strikes first: it keeps them and their logs, this one deletes them.
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
 * These nodes and no others of those that have the labels. A term for each, of which one must hold: Kubernetes takes one name in
 * a field. No further label on nodes that may be somebody else's.
 */
function onNodes(nodes: readonly string[]): kubernetes.types.input.core.v1.NodeAffinity {
  const nodeSelectorTerms = [...nodes].sort().map((node) => ({
    matchFields: [{ key: "metadata.name", operator: "In", values: [node] }],
  }));
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
}

/** Other workers are another Job, also where their number stays the same. */
function fingerprint(workers: readonly string[]): string {
  return createHash("sha256")
    .update([...workers].sort().join("\n"))
    .digest("hex")
    .slice(0, 16);
}

/** Kubernetes expands `$(NAME)` in a container's arguments; a doubled `$` is itself. */
function literal(argument: string): string {
  return argument.replaceAll("$", "$$$$");
}
