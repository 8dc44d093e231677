// The administrator's manifests: shared parts are the same, and names match the program's.
import { readFileSync } from "node:fs";
import test from "ava";
import { loadAll } from "js-yaml";
import * as v from "valibot";
import { jobSpec } from "../components/workload/job-spec.ts";
import { withoutSidecars } from "../components/workload/without-sidecars.ts";

const objectSchema = v.looseObject({
  kind: v.string(),
  metadata: v.looseObject({ name: v.string(), namespace: v.optional(v.string()) }),
});
const read = (file: string) => loadAll(readFileSync(file, "utf8")).map((each) => v.parse(objectSchema, each));
const manifests = {
  "docs/rbac.yaml": read("docs/rbac.yaml"),
  "docs/rbac-namespace.yaml": read("docs/rbac-namespace.yaml"),
};
const [whole, small] = Object.values(manifests);
const find = (objects: typeof whole, kind: string, name: string) =>
  objects?.find((each) => each.kind === kind && each.metadata.name === name);

for (const kind of ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]) {
  for (const name of ["pi-speedup-nodes", "pi-speedup-jobs"]) {
    test(`the ${kind} ${name} is the same in both manifests`, (t) => {
      t.truthy(find(whole, kind, name));
      t.deepEqual(find(small, kind, name), find(whole, kind, name));
    });
  }
}

const policySchema = v.looseObject({
  spec: v.object({
    failurePolicy: v.literal("Fail"),
    matchConstraints: v.unknown(),
    matchConditions: v.tuple([v.object({ name: v.string(), expression: v.string() })]),
    variables: v.optional(v.unknown()),
    validations: v.array(v.object({ expression: v.string(), message: v.string(), reason: v.literal("Forbidden") })),
  }),
});

for (const [file, objects] of Object.entries(manifests)) {
  test(`each policy in ${file} is bound, denies, fails closed, and is for the one user`, (t) => {
    const policies = objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicy");
    t.true(policies.length >= 2);
    for (const policy of policies) {
      const { spec } = v.parse(policySchema, policy);
      const user = "request.userInfo.username == 'system:serviceaccount:default:pi-speedup'";
      t.is(spec.matchConditions[0].expression, user);
      const { name } = policy.metadata;
      t.like(find(objects, "ValidatingAdmissionPolicyBinding", name), {
        spec: { policyName: name, validationActions: ["Deny"] },
      });
    }
  });
}

const roleSchema = v.looseObject({
  rules: v.array(
    v.object({
      apiGroups: v.array(v.string()),
      resources: v.array(v.string()),
      resourceNames: v.optional(v.array(v.string())),
      verbs: v.array(v.string()),
    }),
  ),
});

for (const [file, objects] of Object.entries(manifests)) {
  test(`${file} gives nothing in all namespaces but the nodes, and namespaces to look at`, (t) => {
    const role = v.parse(roleSchema, find(objects, "ClusterRole", "pi-speedup"));
    const unnamed = role.rules.filter(({ resourceNames }) => resourceNames === undefined);
    const allowed: Record<string, string[]> = { nodes: ["get", "list", "patch"], namespaces: ["list", "watch"] };
    for (const { resources, verbs } of unnamed) {
      for (const resource of resources) t.deepEqual(verbs, allowed[resource], resource);
    }
    t.false(JSON.stringify(role).includes('"*"'));
  });
}

test("in the namespace both give the same", (t) => {
  const granted = v.parse(roleSchema, find(whole, "ClusterRole", "pi-speedup-namespace")).rules;
  const role = v.parse(roleSchema, find(small, "Role", "pi-speedup")).rules;
  t.deepEqual(
    role.filter(({ resources }) => !resources.includes("namespaces")),
    granted,
  );
});

test("the namespace in the smaller one is as `createNamespace: false` needs it", (t) => {
  const labels = { "pi-speedup/provided": "true", "pod-security.kubernetes.io/enforce": "restricted" };
  t.like(find(small, "Namespace", "pi-workload"), { metadata: { labels } });
});

test("the Job asks for nothing that the policy refuses", (t) => {
  const workload = { image: "x", samples: 1, rounds: 1, processes: 1, seed: "", timeout: 60 };
  const nodeSelector = { role: "worker", "pi-speedup/stack": "0123456789abcdef" };
  const { template } = jobSpec({ workers: ["a"], nodeSelector, workload, run: "1" });
  t.like(template, { spec: { automountServiceAccountToken: false, nodeSelector } });
  const spec = JSON.stringify(template);
  for (const refused of ["serviceAccountName", "priorityClassName", "volumes", "nodeName"]) {
    t.false(spec.includes(`"${refused}"`), refused);
  }
});

for (const [file, objects] of Object.entries(manifests)) {
  test(`the policy in ${file} lets through what keeps meshes and agents out of the pods`, (t) => {
    const workload = { image: "x", samples: 1, rounds: 1, processes: 1, seed: "", timeout: 60 };
    const { template } = jobSpec({ workers: ["a"], nodeSelector: { role: "worker" }, workload, run: "1" });
    t.like(template, { metadata: withoutSidecars });
    const { spec } = v.parse(policySchema, find(objects, "ValidatingAdmissionPolicy", "pi-speedup-jobs"));
    const read = spec.validations.flatMap(
      ({ expression }) => expression.match(/\b(?:oldObject|object)\b[\w.]*/g) ?? [],
    );
    t.true(read.length > 4);
    // Nothing of a Job is looked at but what its pods may do. Names and labels of theirs are not.
    for (const each of read) t.regex(each, /^object\.spec\.template\.spec\./);
    t.is(spec.variables, undefined);
  });
}
