// Requests that the documented permissions must not allow: a role or a policy refuses each.
import type { ApiRequest } from "./api-request.ts";

/** The action, the request, and words of the refusal; without words, any refusal counts. */
export type Forbidden = [what: string, request: ApiRequest, said?: RegExp];

const restricted = "pod-security.kubernetes.io/enforce";
const jobsOf = (namespace: string) => `/apis/batch/v1/namespaces/${namespace}/jobs`;
const bindingsOf = (namespace: string) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;

/** A Job that all policies allow, except for the given parts of its pods. */
export function jobLike(pod: object = {}, container: object = {}): object {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "trial" },
    spec: {
      template: {
        spec: {
          restartPolicy: "Never",
          nodeSelector: { "pi-speedup/stack": "0123456789abcdef" },
          automountServiceAccountToken: false,
          containers: [{ name: "trial", image: "nothing:none", ...container }],
          ...pod,
        },
      },
    },
  };
}

/** In other people's namespaces, and of a node. */
export function beyondNamespace(node: string, others: string): Forbidden[] {
  const nodePath = `/api/v1/nodes/${node}`;
  const change = (what: string, body: object, said: RegExp): Forbidden => [
    what,
    { method: "PATCH", path: nodePath, body },
    said,
  ];
  return [
    ["a Job in kube-system", { method: "POST", path: jobsOf("kube-system"), body: jobLike() }],
    [
      "a Job in kube-system by server-side apply",
      { method: "PATCH", path: `${jobsOf("kube-system")}/trial`, body: jobLike(), patch: "apply" },
    ],
    ["a Job in another namespace", { method: "POST", path: jobsOf(others), body: jobLike() }],
    [
      "a change of somebody else's Job",
      { method: "PATCH", path: `${jobsOf(others)}/theirs`, body: { spec: { suspend: false } } },
    ],
    ["the deletion of somebody else's Job", { method: "DELETE", path: `${jobsOf(others)}/theirs` }],
    ["the deletion of all Jobs somewhere", { method: "DELETE", path: jobsOf(others) }],
    ["somebody else's log", { method: "GET", path: `/api/v1/namespaces/${others}/pods/theirs/log` }],
    ["a log of kube-system", { method: "GET", path: "/api/v1/namespaces/kube-system/pods/coredns/log" }],
    ["somebody else's pods", { method: "GET", path: `/api/v1/namespaces/${others}/pods` }],
    ["the pods of all namespaces", { method: "GET", path: "/api/v1/pods" }],
    ["somebody else's Jobs", { method: "GET", path: jobsOf(others) }],
    ["the Jobs of all namespaces", { method: "GET", path: "/apis/batch/v1/jobs" }],
    ["the events of all namespaces", { method: "GET", path: "/api/v1/events" }],
    ["the Secrets of all namespaces", { method: "GET", path: "/api/v1/secrets" }],
    ["another namespace", { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "mine-too" } } }],
    [
      "another namespace by server-side apply",
      {
        method: "PATCH",
        path: "/api/v1/namespaces/mine-too",
        body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "mine-too" } },
        patch: "apply",
      },
    ],
    ["the deletion of another namespace", { method: "DELETE", path: `/api/v1/namespaces/${others}` }],
    [
      "a label on another namespace",
      { method: "PATCH", path: `/api/v1/namespaces/${others}`, body: { metadata: { labels: { [restricted]: null } } } },
    ],
    [
      "a token of another service account",
      {
        method: "POST",
        path: "/api/v1/namespaces/kube-system/serviceaccounts/default/token",
        body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
      },
    ],
    ["the node's own interface", { method: "GET", path: `${nodePath}/proxy/pods` }],
    ["the deletion of a node", { method: "DELETE", path: nodePath }],
    [
      "the state of a node",
      { method: "PATCH", path: `${nodePath}/status`, body: { status: { capacity: { pods: "0" } } } },
    ],
    [
      "an end of the policies",
      {
        method: "DELETE",
        path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/pi-speedup-nodes",
      },
    ],
    [
      "more rights",
      {
        method: "PATCH",
        path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/pi-speedup",
        body: { rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] },
      },
    ],
    change("a taint", { spec: { taints: [{ key: "mine", effect: "NoExecute" }] } }, /pi-speedup-nodes.*taints, cordon/),
    change("a cordon", { spec: { unschedulable: true } }, /pi-speedup-nodes.*taints, cordon/),
    change("another label on a node", { metadata: { labels: { team: "mine" } } }, /any label of a node but role/),
    change(
      "a label taken from a node",
      { metadata: { labels: { "kubernetes.io/hostname": null } } },
      /any label of a node but role/,
    ),
    change(
      "another value of a node's label",
      { metadata: { labels: { "kubernetes.io/hostname": "mine" } } },
      /any label of a node but role/,
    ),
    change("another role of a node", { metadata: { labels: { role: "database" } } }, /anything but worker/),
    change(
      "the label of another stack on a node",
      { metadata: { labels: { "pi-speedup/stack": "fedcba9876543210" } } },
      /label pi-speedup\/stack of another stack/,
    ),
    change(
      "an annotation on a node",
      { metadata: { annotations: { note: "mine" } } },
      /annotations, finalizers or owners/,
    ),
    change(
      "a finalizer on a node",
      { metadata: { finalizers: ["mine.example/x"] } },
      /annotations, finalizers or owners/,
    ),
  ];
}

/** Requests in the user's namespace. */
export function withinNamespace(namespace: string, node: string): Forbidden[] {
  const job = (what: string, pod: object, said: RegExp): Forbidden => [
    what,
    { method: "POST", path: jobsOf(namespace), body: jobLike(pod) },
    said,
  ];
  const privileged = { name: "trial", image: "nothing:none", securityContext: { privileged: true } };
  return [
    [
      "a privileged pod",
      {
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/pods`,
        body: { metadata: { name: "trial" }, spec: { containers: [privileged] } },
      },
    ],
    ["the namespace's Secrets", { method: "GET", path: `/api/v1/namespaces/${namespace}/secrets` }],
    [
      "a program in a pod",
      { method: "POST", path: `/api/v1/namespaces/${namespace}/pods/trial/exec?command=sh`, body: {} },
    ],
    job("pods with a token", { automountServiceAccountToken: true }, /no service account's token/),
    job("pods that may have a token", { automountServiceAccountToken: undefined }, /no service account's token/),
    job("pods of another service account", { serviceAccountName: "other" }, /no service account's token/),
    job("pods of another service account by its old name", { serviceAccount: "other" }, /no service account's token/),
    job(
      "pods that oust others'",
      { priorityClassName: "system-node-critical" },
      /neither a priority class nor volumes/,
    ),
    job(
      "pods with a volume",
      { volumes: [{ name: "all", hostPath: { path: "/" } }] },
      /neither a priority class nor volumes/,
    ),
    job("pods beside the scheduler", { nodeName: node }, /stay off nodes with taints/),
    job("pods on any node", { nodeSelector: undefined }, /nodes with its label only/),
    job("pods that tolerate all", { tolerations: [{ operator: "Exists" }] }, /stay off nodes with taints/),
    ...bindings(namespace),
  ];
}

/** Requests for other bindings, there or elsewhere. */
function bindings(namespace: string): Forbidden[] {
  const user = "system:serviceaccount:default:pi-speedup";
  const binding = (what: string, where: string, role: string, subject: object): Forbidden => [
    what,
    {
      method: "PATCH",
      path: `${bindingsOf(where)}/pi-speedup`,
      body: {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "pi-speedup", namespace: where },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", ...subject }],
      },
      patch: "apply",
    },
  ];
  const itself = { kind: "User", name: user };
  return [
    binding("its role in kube-system", "kube-system", "pi-speedup-namespace", itself),
    binding("another role in its namespace", namespace, "cluster-admin", itself),
    binding("its role for somebody else", namespace, "pi-speedup-namespace", { kind: "User", name: "somebody" }),
    binding("its role for everybody", namespace, "pi-speedup-namespace", {
      kind: "Group",
      name: "system:authenticated",
    }),
    ["the deletion of its binding", { method: "DELETE", path: `${bindingsOf(namespace)}/pi-speedup` }],
  ];
}

/** Requests for the namespace itself, if a stack creates it. */
export function ofNamespace(namespace: string): Forbidden[] {
  const change = (what: string, metadata: object, said: RegExp): Forbidden => [
    what,
    { method: "PATCH", path: `/api/v1/namespaces/${namespace}`, body: { metadata } },
    said,
  ];
  const must = /must have the labels pod-security.kubernetes.io\/enforce=restricted/;
  return [
    change("an end of Pod Security", { labels: { [restricted]: null } }, must),
    change("a weaker Pod Security", { labels: { [restricted]: "privileged" } }, must),
    change("an older Pod Security", { labels: { [`${restricted}-version`]: "v1.0" } }, /must not change other labels/),
    change("a label that others' policies go by", { labels: { team: "trusted" } }, /must not change other labels/),
    change("an end of the stack's label", { labels: { "pi-speedup/stack": null } }, must),
    change(
      "an annotation that admission goes by",
      { annotations: { "scheduler.alpha.kubernetes.io/node-selector": "a=b" } },
      /must not change annotations/,
    ),
    change("a finalizer", { finalizers: ["mine.example/x"] }, /finalizers or owners/),
  ];
}

/** Making the namespace in another way than as the stack does, and taking over one of somebody else. */
export function makingNamespace(namespace: string): { absent: Forbidden[]; foreign: Forbidden[] } {
  const made = (what: string, labels: Record<string, string>, said: RegExp): Forbidden => [
    what,
    {
      method: "PATCH",
      path: `/api/v1/namespaces/${namespace}`,
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
      patch: "apply",
    },
    said,
  ];
  const stack = { "pi-speedup/stack": "0123456789abcdef" };
  const must = /must have the labels/;
  return {
    absent: [
      made("without Pod Security", stack, must),
      made("with a weaker Pod Security", { ...stack, [restricted]: "baseline" }, must),
      made(
        "with an older Pod Security",
        { ...stack, [restricted]: "restricted", [`${restricted}-version`]: "v1.0" },
        /other labels/,
      ),
      made("without the stack's label", { [restricted]: "restricted" }, must),
      made(
        "as an administrator's",
        { ...stack, [restricted]: "restricted", "pi-speedup/provided": "true" },
        /other labels/,
      ),
    ],
    foreign: [
      ["its deletion", { method: "DELETE", path: `/api/v1/namespaces/${namespace}` }, /no stack has made/],
      made("its labels", { ...stack, [restricted]: "restricted" }, /no stack has made/),
      ...bindings(namespace).slice(0, 1),
      [
        "a binding in it",
        {
          method: "PATCH",
          path: `${bindingsOf(namespace)}/pi-speedup`,
          body: {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "RoleBinding",
            metadata: { name: "pi-speedup", namespace },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "pi-speedup-namespace" },
            subjects: [
              {
                apiGroup: "rbac.authorization.k8s.io",
                kind: "User",
                name: "system:serviceaccount:default:pi-speedup",
              },
            ],
          },
          patch: "apply",
        },
        /only in a namespace that a stack has made/,
      ],
      ["its logs", { method: "GET", path: `/api/v1/namespaces/${namespace}/pods/any/log` }],
      ["its Jobs", { method: "GET", path: jobsOf(namespace) }],
    ],
  };
}
