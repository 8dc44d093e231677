// Whether a cluster's Kubernetes version is new enough, regardless of vendor suffixes.
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import type { Access } from "../../kubernetes/access.ts";

/**
 * The lowest supported minor version of Kubernetes 1. We rely on two fields of a Job: `completionMode: Indexed`, which
 * gives each pod its index, and `suspend`, with which the collector starts it under its own clock. They exist since
 * 1.21 and are enabled by default since 1.22, but could be disabled until 1.24. An API server with one of them disabled
 * silently drops it, and the Job starts before it can be timed. Everything else is older or optional: the labels of a
 * Job's pods come from its own selector (renamed in 1.27), their index is an annotation (also a label since 1.28), and
 * conditions such as DisruptionTarget (1.26) only improve messages.
 */
const leastMinor = 24;

const part = v.nullish(v.pipe(v.string(), v.maxLength(200)));
/** The fields of `/version` that matter here. */
export const versionSchema = v.object({ major: part, minor: part, gitVersion: part });
export type VersionAnswer = v.InferOutput<typeof versionSchema>;

/**
 * The version as numbers: `v1.27.4+k3s1`, `v1.30.0-eks-abc`, `1` and `27+`. Undefined if unknown, as with a build from
 * sources without version (`v0.0.0-master+$Format:%H$`).
 */
export function versionIn({ major, minor, gitVersion }: VersionAnswer): [major: number, minor: number] | undefined {
  for (const text of [gitVersion, `${major}.${minor}`]) {
    const [, first = "0", second = "0"] = /^v?(\d{1,4})\.(\d{1,4})(?!\d)/.exec(text ?? "") ?? [];
    if (Number(first) > 0) return [Number(first), Number(second)];
  }
  return undefined;
}

/** @throws Failure for a version that is too old. An unknown version is accepted. */
export function refuseOldVersion(answer: VersionAnswer, { whose, server }: Access): void {
  const version = versionIn(answer);
  if (version === undefined || version[0] > 1 || version[1] >= leastMinor) return;
  throw new Failure(
    "kubernetes-too-old",
    `The API server ${whose} (${server}) runs Kubernetes ${answer.gitVersion || version.join(".")}, but pi-speedup needs 1.${leastMinor} or newer. Update the cluster, or choose another one with pi-speedup:kubeconfig, pi-speedup:context or pi-speedup:master. Then run \`pulumi up\` again.`,
  );
}
