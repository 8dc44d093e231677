// Whether a cluster's Kubernetes is new enough, whatever its maker has added to the version.
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import type { Access } from "../../kubernetes/access.ts";

/**
 * The least minor version of Kubernetes 1. All rests on two fields of a Job: `completionMode: Indexed`, which gives each pod its
 * part and each result its place, and `suspend`, by which the collector lets it start under its own clock. Both are there from
 * 1.21 on and by default from 1.22 on, but only since 1.24 can nobody switch them off. An API server that has one of them
 * switched off drops it without a word, and the Job starts before anybody times it. Nothing else is newer: the labels of a
 * Job's pods are those of its own selector (another name from 1.27 on), their index is an annotation (a label, too, from 1.28
 * on), and conditions such as DisruptionTarget (1.26) only make words better.
 */
const leastMinor = 24;

const part = v.nullish(v.pipe(v.string(), v.maxLength(200)));
/** What `/version` answers, as far as it matters here. */
export const versionSchema = v.object({ major: part, minor: part, gitVersion: part });
export type VersionAnswer = v.InferOutput<typeof versionSchema>;

/**
 * The version as numbers: `v1.27.4+k3s1`, `v1.30.0-eks-abc`, `1` and `27+`. Undefined where it is not told, as by what was built
 * from sources without one (`v0.0.0-master+$Format:%H$`).
 */
export function versionIn({ major, minor, gitVersion }: VersionAnswer): [major: number, minor: number] | undefined {
  for (const text of [gitVersion, `${major}.${minor}`]) {
    const [, first = "0", second = "0"] = /^v?(\d{1,4})\.(\d{1,4})(?!\d)/.exec(text ?? "") ?? [];
    if (Number(first) > 0) return [Number(first), Number(second)];
  }
  return undefined;
}

/** @throws Failure for a version that is too old; one that is not told is given the benefit of the doubt. */
export function refuseOldVersion(answer: VersionAnswer, { whose, server }: Access): void {
  const version = versionIn(answer);
  if (version === undefined || version[0] > 1 || version[1] >= leastMinor) return;
  throw new Failure(
    "kubernetes-too-old",
    `The API server ${whose} (${server}) runs Kubernetes ${answer.gitVersion || version.join(".")}, but pi-speedup needs 1.${leastMinor} or newer. Update the cluster, or choose another one with pi-speedup:kubeconfig, pi-speedup:context or pi-speedup:master. Then run \`pulumi up\` again.`,
  );
}
