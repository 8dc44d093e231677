import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { WorkerPool } from "../../../components/workload/worker-pool.ts";
import { type Declared, MockCluster } from "../../helpers/mock-cluster.ts";

const declared: (Declared & { done: boolean })[] = [];
/** What was there when each resource was begun. */
const before = new Map<string, string[]>();
pulumi.runtime.setMocks(
  {
    newResource: async ({ type, name, inputs }) => {
      before.set(
        `${type} ${name}`,
        declared.filter(({ done }) => done).map((each) => `${each.type} ${each.name}`),
      );
      const resource = { type, name, inputs, done: false };
      declared.push(resource);
      await new Promise((resolve) => setTimeout(resolve, 10));
      resource.done = true;
      return { id: `id-of-${name}`, state: inputs };
    },
    call: ({ inputs }) => inputs,
  },
  "pi-speedup",
  "dev",
);

const grant = { role: "pi-speedup-namespace", binding: "pi-speedup", user: "somebody" };
const kinds = {
  namespace: "kubernetes:core/v1:Namespace",
  binding: "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
  patch: "kubernetes:core/v1:NodePatch",
};

/** Declares one by that name, and waits for what it declares. */
async function pool(name: string, createNamespace: boolean, given?: typeof grant): Promise<(Declared | undefined)[]> {
  const cluster = new MockCluster(name, [name], given);
  new WorkerPool(name, { cluster, namespace: "pi", createNamespace });
  const all = () =>
    [kinds.namespace, kinds.binding, kinds.patch].map((kind) =>
      declared.find(({ type, name: own, done }) => type === kind && own.endsWith(name) && done),
    );
  while (all()[2] === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  return all();
}

test("it creates its namespace, with Pod Security and the stack's label", async (t) => {
  const [namespace, binding] = await pool("made", true);
  const labels = { "pod-security.kubernetes.io/enforce": "restricted", "pi-speedup/stack": "0123456789abcdef" };
  t.like(namespace?.inputs, { metadata: { name: "pi", labels } });
  t.is(binding, undefined);
});

test("a namespace of the administrator is not declared, so it stays when the stack is removed", async (t) => {
  const [namespace, binding, patch] = await pool("given", false, grant);
  t.is(namespace, undefined);
  t.is(binding, undefined);
  t.like(patch?.inputs, { metadata: { name: "given", labels: { role: "worker" } } });
});

test("a role that the user may bind is bound to it alone, in the namespace, before the workers are labelled", async (t) => {
  const [, binding] = await pool("bound", true, grant);
  t.like(binding?.inputs, {
    metadata: { name: "pi-speedup", namespace: "pi" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "pi-speedup-namespace" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "somebody" }],
  });
  t.true(before.get(`${kinds.binding} bound`)?.includes(`${kinds.namespace} bound`));
  t.true(before.get(`${kinds.patch} worker-bound`)?.includes(`${kinds.binding} bound`));
});
