// Whether the stack may use the configured namespace: its own, or one that the administrator created for it.
import type { V1Namespace } from "@kubernetes/client-node";
import { Failure } from "../../../analysis/failure.js";
import { podSecurity, providedLabel, stackValueIn } from "../../ownership.ts";
import type { Recorded } from "./recorded.ts";

/** The expected state. */
export interface NamespaceWish {
  namespace: string;
  /** Whether the stack creates it. */
  createNamespace: boolean;
  /** What the stack has created before. */
  recorded: Recorded;
}

/**
 * Checks the namespace before anything is done in it.
 * @param live its current state; undefined if it does not exist.
 * @throws Failure if it is missing, belongs to someone else, is being deleted, or does not meet the stack's needs.
 */
export function refuseUnusableNamespace(live: V1Namespace | undefined, wish: NamespaceWish): void {
  if (wish.createNamespace) refuseForeign(live, wish);
  else refuseUnprovided(live, wish);
  if (live?.metadata?.deletionTimestamp !== undefined) {
    const { namespace } = wish;
    throw new Failure(
      "namespace-going",
      `Namespace "${namespace}" is being deleted. Wait until \`kubectl get namespace ${namespace}\` no longer finds it, and run \`pulumi up\` again.`,
    );
  }
}

/** An existing one must be the very one that this stack created. */
function refuseForeign(live: V1Namespace | undefined, { namespace, recorded }: NamespaceWish): void {
  if (live === undefined || recorded.uids.has(live.metadata?.uid ?? "")) return;
  if (isProvided(live)) {
    throw new Failure(
      "namespace-provided",
      `Namespace "${namespace}" was created by the cluster's administrator, but this stack is to create its own. To use it, run \`pulumi config set pi-speedup:createNamespace false\`. To use another one, run \`pulumi config set pi-speedup:namespace NAME\`.`,
    );
  }
  throw new Failure(
    "namespace-foreign",
    `Namespace "${namespace}" already exists and does not belong to this stack, so it was left untouched. Choose another name with \`pulumi config set pi-speedup:namespace NAME\`, or delete it with \`kubectl delete namespace ${namespace}\` if nobody needs it.`,
  );
}

/** It must exist, be marked for stacks, and refuse privileged pods. */
function refuseUnprovided(live: V1Namespace | undefined, { namespace, recorded }: NamespaceWish): void {
  if (live === undefined) {
    throw new Failure(
      "namespace-missing",
      `Namespace "${namespace}" does not exist, and pi-speedup:createNamespace is "false". Ask the cluster's administrator to create it with \`kubectl apply -f docs/rbac-namespace.yaml\`, or let the stack create one with \`pulumi config set pi-speedup:createNamespace true\`.`,
    );
  }
  // Pulumi would remove our own as soon as the program no longer declares it.
  if (recorded.uids.has(live.metadata?.uid ?? "") || stackValueIn(live.metadata?.labels) !== undefined) {
    throw new Failure(
      "namespace-of-stack",
      `Namespace "${namespace}" was created by a stack and will be removed with it, but pi-speedup:createNamespace is "false". Remove that stack with \`pulumi destroy\`, and ask the administrator to create the namespace with \`kubectl apply -f docs/rbac-namespace.yaml\`. Or choose another one with \`pulumi config set pi-speedup:namespace NAME\`.`,
    );
  }
  if (!isProvided(live)) {
    throw new Failure(
      "namespace-unprovided",
      `Namespace "${namespace}" was not made for stacks: it does not have the label ${asText(providedLabel)}. Ask its administrator to run \`kubectl label namespace ${namespace} ${asText(providedLabel)}\`, or choose another one with \`pulumi config set pi-speedup:namespace NAME\`.`,
    );
  }
  const [[key, level]] = Object.entries(podSecurity) as [[string, string]];
  const found = live.metadata?.labels?.[key];
  if (found !== level) {
    throw new Failure(
      "namespace-unrestricted",
      `Namespace "${namespace}" has ${found === undefined ? `no label ${key}` : `the label ${key}=${found}`}, but "${level}" is needed to keep privileged pods out. Ask its administrator to run \`kubectl label --overwrite namespace ${namespace} ${asText(podSecurity)}\`, and run \`pulumi up\` again.`,
    );
  }
}

function isProvided({ metadata }: V1Namespace): boolean {
  return Object.entries(providedLabel).every(([key, value]) => metadata?.labels?.[key] === value);
}

/** As kubectl interprets it. */
function asText(label: Readonly<Record<string, string>>): string {
  return Object.entries(label)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
