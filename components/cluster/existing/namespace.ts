// Whether the stack may use the configured namespace: its own, or one that the administrator created for it.
import type { V1Namespace } from "@kubernetes/client-node";
import { Failure } from "../../failure.js";
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
      `The namespace "${namespace}" is being deleted. Wait until \`kubectl get namespace ${namespace}\` no longer finds it, and run \`pulumi up\` again.`,
    );
  }
}

/** An existing one must be the very one that this stack created. */
function refuseForeign(live: V1Namespace | undefined, { namespace, recorded }: NamespaceWish): void {
  if (live === undefined || recorded.uids.has(live.metadata?.uid ?? "")) return;
  if (isProvided(live)) {
    throw new Failure(
      `The namespace "${namespace}" was made by the cluster's administrator, and this stack is to make its own. Set \`pulumi config set pi-speedup:createNamespace false\` to use it, or choose another name with \`pulumi config set pi-speedup:namespace NAME\`.`,
    );
  }
  throw new Failure(
    `The namespace "${namespace}" already exists, and this stack has not made it, so it was left untouched. Choose another name with \`pulumi config set pi-speedup:namespace NAME\`, or delete it with \`kubectl delete namespace ${namespace}\` if nobody needs it.`,
  );
}

/** It must exist, be marked for stacks, and refuse privileged pods. */
function refuseUnprovided(live: V1Namespace | undefined, { namespace, recorded }: NamespaceWish): void {
  if (live === undefined) {
    throw new Failure(
      `The namespace "${namespace}" does not exist, and pi-speedup:createNamespace is "false". Have the cluster's administrator make it with \`kubectl apply -f docs/rbac-namespace.yaml\`, or let the stack make one with \`pulumi config set pi-speedup:createNamespace true\`.`,
    );
  }
  // Pulumi would remove our own as soon as the program no longer declares it.
  if (recorded.uids.has(live.metadata?.uid ?? "") || stackValueIn(live.metadata?.labels) !== undefined) {
    throw new Failure(
      `The namespace "${namespace}" was made by a stack and goes with it, and pi-speedup:createNamespace is "false". Remove that stack with \`pulumi destroy\` and have the administrator make the namespace with \`kubectl apply -f docs/rbac-namespace.yaml\`, or choose another one with \`pulumi config set pi-speedup:namespace NAME\`.`,
    );
  }
  if (!isProvided(live)) {
    throw new Failure(
      `The namespace "${namespace}" was not made for stacks to use: it has no label ${asText(providedLabel)}. Have its administrator run \`kubectl label namespace ${namespace} ${asText(providedLabel)}\`, or choose another one with \`pulumi config set pi-speedup:namespace NAME\`.`,
    );
  }
  const [[key, level]] = Object.entries(podSecurity) as [[string, string]];
  const found = live.metadata?.labels?.[key];
  if (found !== level) {
    throw new Failure(
      `The namespace "${namespace}" has ${found === undefined ? `no label ${key}` : `the label ${key}=${found}`}, and "${level}" is needed, which keeps privileged pods out. Have its administrator run \`kubectl label --overwrite namespace ${namespace} ${asText(podSecurity)}\`, and run \`pulumi up\` again.`,
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
