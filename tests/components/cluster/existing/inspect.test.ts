import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { type InspectArgs, inspect, patience } from "../../../../components/cluster/existing/inspect.ts";
import type { Access } from "../../../../components/kubernetes/access.ts";
import { jobNames } from "../../../../components/ownership.ts";
import {
  type FakeApiServer,
  type JsonObject,
  kubeconfigOf,
  startFakeApiServer,
} from "../../../helpers/fake-api-server.ts";
import { assertFault } from "../../../helpers/faults.ts";

const access = (server: string, user: JsonObject = { token: "let-me-in" }): Access => {
  const kubeconfig = JSON.parse(kubeconfigOf(server, "only", { "insecure-skip-tls-verify": true })) as JsonObject;
  return {
    kubeconfig: JSON.stringify({ ...kubeconfig, users: [{ name: "u", user }] }),
    server,
    whose: 'of context "only" in "/home/pi"',
    remedy: "Check that it runs",
  };
};

// Nothing comes back here by itself; the tests of patience have some.
patience.away = 0;

const stackValue = "0123456789abcdef";
const ours = { "pi-speedup/stack": stackValue };
const recorded = (...uids: string[]) => ({ uids: new Set(uids), stackValue: uids.length > 0 ? stackValue : undefined });
const args = (given: Partial<InspectArgs> = {}): InspectArgs => ({
  workers: [],
  stackValue,
  namespace: "pi-workload",
  createNamespace: true,
  // With a point of a study for each number of workers.
  jobs: (workers) =>
    jobNames(
      "pi-job",
      workers.map((_, i) => ({ block: 2, workers: i + 1 })),
    ),
  recorded: recorded("uid-of-ours"),
  ...given,
});

const node = (name: string, labels = {}) => ({
  metadata: { name, labels },
  status: { conditions: [{ type: "Ready", status: "True" }], allocatable: { pods: "110", cpu: "4", memory: "1Gi" } },
});

/** A cluster of two workers and a server, for one test. */
async function cluster(
  t: ExecutionContext,
): Promise<FakeApiServer & { access: Access; fail: (answer: FakeApiServer["intercept"]) => void }> {
  const server = await startFakeApiServer();
  t.teardown(() => server.stop());
  server.put("/api/v1/namespaces/kube-system", { metadata: { name: "kube-system" } });
  const nodes = [node("gray"), node("blue"), node("red", { "node-role.kubernetes.io/control-plane": "true" })];
  for (const each of nodes) server.put(`/api/v1/nodes/${each.metadata.name}`, each);
  server.put("/api/v1/nodes", { kind: "NodeList", items: nodes });
  const address = /http:[^"]+/.exec(server.kubeconfig)?.[0] ?? "";
  const fail = (with_: FakeApiServer["intercept"]) => {
    server.intercept = with_;
  };
  return { ...server, fail, access: access(address) };
}

/** The message instead of an inspection, in the words of the fault with this id. */
const refusal = async (t: ExecutionContext, id: string, way: Access, given: Partial<InspectArgs> = {}) => {
  const { message } = await t.throwsAsync(inspect(way, args(given)));
  assertFault(t, id, message);
  t.notRegex(message, /\n/);
  return message;
};

test("the cluster is known by the uid of kube-system, the workers are found", async (t) => {
  const { access, things } = await cluster(t);
  t.deepEqual(await inspect(access, args()), {
    identifier: String(things.get("/api/v1/namespaces/kube-system")?.metadata.uid),
    workers: ["blue", "gray"],
    leftOut: [],
    grant: undefined,
  });
});

test("a cluster that is too old is refused before anything else is asked for", async (t) => {
  const { access, put, requests } = await cluster(t);
  put("/version", { major: "1", minor: "23", gitVersion: "v1.23.17+k3s1" });
  const message = await refusal(t, "kubernetes-too-old", access);
  t.true(message.includes("runs Kubernetes v1.23.17+k3s1, but pi-speedup needs 1.24 or newer"), message);
  t.deepEqual(
    requests.map(({ line }) => line),
    ["GET /api/v1/namespaces/kube-system", "GET /version"],
  );
});

test("a cluster whose version is unknown is accepted", async (t) => {
  const server = await cluster(t);
  server.fail((line) => (line === "GET /version" ? { code: 403, reason: "Forbidden", message: "no" } : undefined));
  await t.notThrowsAsync(inspect(server.access, args()));
});

const mixed = (name: string, architecture: string) => ({
  ...node(name),
  status: { ...node(name).status, nodeInfo: { architecture, operatingSystem: "linux" } },
});

test("nodes without an image for their architecture are skipped, and the registry is only asked if necessary", async (t) => {
  const server = await cluster(t);
  const asked: string[] = [];
  const image = {
    name: "python:3.9-slim",
    architectures: async (name: string) => {
      asked.push(name);
      return new Set(["amd64", "arm64"]);
    },
  };
  server.put("/api/v1/nodes", { kind: "NodeList", items: [mixed("gray", "arm64"), mixed("blue", "arm64")] });
  t.deepEqual((await inspect(server.access, args({ image }))).leftOut, []);
  t.deepEqual(asked, []);
  server.put("/api/v1/nodes", { kind: "NodeList", items: [mixed("gray", "arm64"), mixed("blue", "arm")] });
  const { workers, leftOut } = await inspect(server.access, args({ image }));
  t.deepEqual([workers, asked], [["gray"], ["python:3.9-slim"]]);
  t.deepEqual(leftOut, [
    'node "blue" is of the architecture arm, for which there is no image "python:3.9-slim" (there is one for amd64, arm64)',
  ]);
});

test("nodes of all architectures are accepted if the registry does not answer", async (t) => {
  const server = await cluster(t);
  const image = { name: "mine", architectures: async () => undefined };
  server.put("/api/v1/nodes", { kind: "NodeList", items: [mixed("gray", "arm64"), mixed("blue", "arm")] });
  t.deepEqual((await inspect(server.access, args({ image }))).workers, ["blue", "gray"]);
});

test("named workers are read one by one, so permission to read them is enough", async (t) => {
  const { access, requests } = await cluster(t);
  const { workers } = await inspect(access, args({ workers: ["red", "gray"] }));
  t.deepEqual(workers, ["red", "gray"]);
  t.false(requests.some(({ line }) => line === "GET /api/v1/nodes"));
});

test("all requests are reads", async (t) => {
  const { access, requests } = await cluster(t);
  await inspect(access, args());
  await inspect(access, args({ workers: ["gray"] }));
  t.true(requests.length > 0);
  t.deepEqual(
    requests.filter(({ line }) => !line.startsWith("GET ")),
    [],
  );
});

test("a hundred named workers are read, a few at a time", async (t) => {
  const server = await cluster(t);
  const names = Array.from({ length: 100 }, (_, i) => `pi-${i}`);
  for (const name of names) server.put(`/api/v1/nodes/${name}`, node(name));
  t.deepEqual((await inspect(server.access, args({ workers: names }))).workers, names);
});

test("a named worker that does not exist is reported by name", async (t) => {
  const { access } = await cluster(t);
  t.regex(
    await refusal(t, "worker-unfit", access, { workers: ["pink"] }),
    /pi-speedup:workers can be workers: node "pink" is not in this cluster\./,
  );
});

/** Puts the namespace there, as it is given. */
const putNamespace = (server: FakeApiServer, metadata: JsonObject) =>
  server.put("/api/v1/namespaces/pi-workload", { metadata: { name: "pi-workload", ...metadata } });
const deletionTimestamp = "2026-01-01T00:00:00Z";

test("the namespace that the state knows is the stack's own, but not while it is being deleted", async (t) => {
  const server = await cluster(t);
  putNamespace(server, { uid: "uid-of-ours", labels: ours });
  await t.notThrowsAsync(inspect(server.access, args()));
  putNamespace(server, { uid: "uid-of-ours", labels: ours, deletionTimestamp });
  await refusal(t, "namespace-going", server.access);
});

test("after a rename the namespace still belongs to the stack, whatever its label says", async (t) => {
  const server = await cluster(t);
  putNamespace(server, { uid: "uid-of-ours", labels: { "pi-speedup/stack": "fedcba9876543210" } });
  await t.notThrowsAsync(inspect(server.access, args()));
});

const foreign: [what: string, metadata: JsonObject, recorded: InspectArgs["recorded"]][] = [
  ["without a label", {}, recorded("uid-of-ours")],
  ["of another stack", { labels: { "pi-speedup/stack": "fedcba9876543210" } }, recorded("uid-of-ours")],
  // Two users, or two backends, with one name for their stacks.
  ["with our own label, of another state,", { labels: ours }, recorded()],
  ["that was made since in the place of ours", { labels: ours }, recorded("uid-of-ours")],
];
for (const [what, metadata, known] of foreign) {
  test(`a namespace ${what} is left alone, and what gets on is named`, async (t) => {
    const server = await cluster(t);
    putNamespace(server, { uid: "uid-of-theirs", ...metadata });
    const message = await refusal(t, "namespace-foreign", server.access, { recorded: known });
    t.true(message.includes("pi-speedup:namespace") && message.includes("`kubectl delete namespace pi-workload`"));
  });
}

const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
const provided = { "pi-speedup/provided": "true", ...restricted };

test("a namespace of the administrator is not mistaken for one to create", async (t) => {
  const server = await cluster(t);
  putNamespace(server, { labels: provided });
  const message = await refusal(t, "namespace-provided", server.access);
  t.true(message.includes("`pulumi config set pi-speedup:createNamespace false`"));
});

test("a namespace of the administrator is used if the stack creates none", async (t) => {
  const server = await cluster(t);
  putNamespace(server, { labels: provided });
  const { workers, grant } = await inspect(server.access, args({ createNamespace: false }));
  t.deepEqual([workers, grant], [["blue", "gray"], undefined]);
});

const unusable: [id: string, what: string, metadata: JsonObject | undefined, said: string][] = [
  ["namespace-missing", "that does not exist", undefined, "kubectl apply -f docs/rbac-namespace.yaml"],
  ["namespace-unprovided", "that was made for nobody", { labels: restricted }, "pi-speedup/provided=true"],
  [
    "namespace-unprovided",
    "that says no",
    { labels: { ...restricted, "pi-speedup/provided": "false" } },
    "pi-speedup/provided=true",
  ],
  [
    "namespace-unrestricted",
    "without Pod Security",
    { labels: { "pi-speedup/provided": "true" } },
    "has no label pod-security.kubernetes.io/enforce",
  ],
  [
    "namespace-unrestricted",
    "with another Pod Security",
    { labels: { ...provided, "pod-security.kubernetes.io/enforce": "baseline" } },
    "has the label pod-security.kubernetes.io/enforce=baseline",
  ],
  // Pulumi would delete it with all that is in it.
  ["namespace-of-stack", "of this stack's making", { uid: "uid-of-ours", labels: provided }, "`pulumi destroy`"],
  ["namespace-of-stack", "of another stack's making", { labels: { ...provided, ...ours } }, "`pulumi destroy`"],
  ["namespace-going", "that is being deleted", { labels: provided, deletionTimestamp }, "kubectl get namespace"],
];
for (const [id, what, metadata, said] of unusable) {
  test(`a namespace ${what} is none that the administrator has made (${id})`, async (t) => {
    const server = await cluster(t);
    if (metadata !== undefined) putNamespace(server, metadata);
    const message = await refusal(t, id, server.access, { createNamespace: false });
    t.true(message.includes(said), message);
  });
}

for (const name of args().jobs(["blue", "gray"])) {
  test(`a Job ${name} of somebody else in the stack's own namespace is left alone (job-foreign)`, async (t) => {
    const server = await cluster(t);
    putNamespace(server, { uid: "uid-of-ours", labels: ours });
    const path = `/apis/batch/v1/namespaces/pi-workload/jobs/${name}`;
    const job = (uid: string) => ({
      metadata: { name, uid },
      spec: { template: { metadata: { labels: ours }, spec: {} } },
    });
    server.put(path, job("uid-of-theirs"));
    const message = await refusal(t, "job-foreign", server.access);
    t.true(message.includes(`\`kubectl delete job -n pi-workload ${name}\``), message);
    server.put(path, job("uid-of-job"));
    await t.notThrowsAsync(inspect(server.access, args({ recorded: recorded("uid-of-ours", "uid-of-job") })));
  });
}

const rolePath = "/apis/rbac.authorization.k8s.io/v1/clusterroles/pi-speedup-namespace";
const bindingPath = "/apis/rbac.authorization.k8s.io/v1/namespaces/pi-workload/rolebindings/pi-speedup";
const role = (annotations: JsonObject) => ({ metadata: { name: "pi-speedup-namespace", annotations } });
const granted = { "pi-speedup/namespace": "pi-workload", "pi-speedup/user": "system:serviceaccount:default:pi" };

test("a role that the user may bind in its namespace is found", async (t) => {
  const server = await cluster(t);
  server.put(rolePath, role(granted));
  const expected = { role: "pi-speedup-namespace", binding: "pi-speedup", user: "system:serviceaccount:default:pi" };
  t.deepEqual((await inspect(server.access, args())).grant, expected);
});

const grantless: [what: string, annotations: JsonObject][] = [
  ["for another namespace", { ...granted, "pi-speedup/namespace": "another" }],
  ["for nobody", { "pi-speedup/namespace": "pi-workload" }],
  ["without annotations", {}],
];
for (const [what, annotations] of grantless) {
  test(`a role ${what} is bound by nobody`, async (t) => {
    const server = await cluster(t);
    server.put(rolePath, role(annotations));
    t.is((await inspect(server.access, args())).grant, undefined);
  });
}

test("a user who may not read that role, as with earlier manifests, continues without it", async (t) => {
  const server = await cluster(t);
  server.intercept = (line) =>
    line === `GET ${rolePath}` ? { code: 403, reason: "Forbidden", message: "no, thank you" } : undefined;
  t.is((await inspect(server.access, args())).grant, undefined);
});

test("if a run ended before the role was bound, Jobs are not requested, because they can't be seen", async (t) => {
  const server = await cluster(t);
  putNamespace(server, { uid: "uid-of-ours", labels: ours });
  server.put(rolePath, role(granted));
  const asksForJobs = () => server.requests.some(({ line }) => line.includes("/jobs/"));
  await inspect(server.access, args());
  t.false(asksForJobs());
  server.put(bindingPath, { metadata: { name: "pi-speedup" } });
  await inspect(server.access, args());
  t.true(asksForJobs());
});

/** A server that answers everything in one way. */
async function answering(t: ExecutionContext, code: number, body: string): Promise<string> {
  const http = createServer((_, response) => response.writeHead(code).end(body));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.teardown(() => http.close());
  // An address of a listening TCP server is never a string.
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}
const status = (message: string) => JSON.stringify({ kind: "Status", message });

const forbidden: [what: string, message: string, said: RegExp][] = [
  [
    "a namespace",
    'namespaces "kube-system" is forbidden: User "system:serviceaccount:home:pi" cannot get resource "namespaces" in API group "" in the namespace "kube-system"',
    /refused to read the namespace kube-system, because user "system:serviceaccount:home:pi" may not get namespaces\./,
  ],
  [
    "nodes",
    'nodes is forbidden: User "pi" cannot list resource "nodes" in API group "" at the cluster scope',
    /, because user "pi" may not list nodes\./,
  ],
  [
    "something with a group",
    'x is forbidden: User "pi" cannot get resource "jobs" in API group "batch" in the namespace "n"',
    /, because user "pi" may not get jobs of batch\./,
  ],
  ["by another authority", "no, thank you", /refused to read the namespace kube-system \(no, thank you\)\./],
];
for (const [what, message, said] of forbidden) {
  test(`a user who may not read ${what} sees user, verb and resource`, async (t) => {
    const server = await answering(t, 403, status(message));
    const sentence = await refusal(t, what.startsWith("by") ? "forbidden-otherwise" : "forbidden", access(server));
    t.regex(sentence, said);
    t.regex(sentence, /^The API server of context "only" in "\/home\/pi" \(http:.*docs\/rbac\.yaml/);
  });
}

test("a user who may not read the administrator's namespace sees the necessary permissions", async (t) => {
  const server = await answering(t, 403, status('x: User "pi" cannot get resource "namespaces" in API group ""'));
  const way = { ...access(server), manifest: "docs/rbac-namespace.yaml" };
  const message = await refusal(t, "forbidden", way, { createNamespace: false });
  t.true(message.includes("`kubectl apply -f docs/rbac-namespace.yaml`"), message);
});

test("rejected credentials are reported", async (t) => {
  const server = await answering(t, 401, status("Unauthorized"));
  t.regex(
    await refusal(t, "credentials-refused", access(server)),
    /does not accept these credentials\. Either it does not know the user/,
  );
});

test("an expired token is reported with its date", async (t) => {
  const server = await answering(t, 401, status("Unauthorized"));
  const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString("base64url");
  const message = await refusal(t, "credentials-expired", access(server, { token: `e30.${claims}.x` }));
  t.regex(message, /does not accept these credentials: the token expired on 2023-11-14\./);
  t.false(message.includes(claims));
});

test("an expired client certificate is reported with its date", async (t) => {
  const server = await answering(t, 401, status("Unauthorized"));
  const data = Buffer.from(expired).toString("base64");
  t.regex(
    await refusal(t, "credentials-expired", access(server, { "client-certificate-data": data })),
    /: the client certificate expired on 2020-01-02\./,
  );
});

test("an API server in trouble is quoted", async (t) => {
  const server = await answering(t, 500, status("etcdserver: leader changed"));
  t.regex(await refusal(t, "api-trouble", access(server)), /HTTP status 500: etcdserver: leader changed/);
});

const troubles: [what: string, answer: { code: number; message: string; reason: string } | undefined][] = [
  ["that starts again", { code: 503, reason: "ServiceUnavailable", message: "apiserver not ready" }],
  ["whose database is late", { code: 500, reason: "InternalError", message: "etcdserver: request timed out" }],
  ["that wants to be asked later", { code: 429, reason: "TooManyRequests", message: "too many requests" }],
];
for (const [what, answer] of troubles) {
  test.serial(`an API server ${what} is retried for a while`, async (t) => {
    Object.assign(patience, { away: 20_000, pause: 10 });
    const server = await cluster(t);
    let failures = 3;
    server.fail(() => (failures-- > 0 ? answer : undefined));
    try {
      t.deepEqual((await inspect(server.access, args())).workers, ["blue", "gray"]);
    } finally {
      Object.assign(patience, { away: 0, pause: 1_000 });
    }
  });
}

test.serial("an API server that is briefly unavailable is retried", async (t) => {
  Object.assign(patience, { away: 20_000, pause: 10 });
  const server = await cluster(t);
  const { port } = new URL(server.access.server);
  await server.stop();
  const back = createServer((_, response) => response.writeHead(401).end(status("Unauthorized")));
  t.teardown(() => back.close());
  setTimeout(() => back.listen(Number(port), "127.0.0.1"), 200);
  try {
    await refusal(t, "credentials-refused", server.access);
  } finally {
    Object.assign(patience, { away: 0, pause: 1_000 });
  }
});

test("a server that is not an API server is reported as such", async (t) => {
  const server = await answering(t, 404, "<html>not here</html>");
  t.regex(
    await refusal(t, "api-stranger", access(server)),
    /^The server at http:\S+ is not the API server of .*\. When asked to .* answered with HTTP status 404 and no Kubernetes status/,
  );
});

test("an address without a listener is reported with the network error", async (t) => {
  const server = await startFakeApiServer();
  await server.stop();
  const address = /http:[^"]+/.exec(server.kubeconfig)?.[0] ?? "";
  t.regex(
    await refusal(t, "api-unreachable", access(address)),
    /^The API server of .* cannot be reached at http:\S+ \(.*ECONNREFUSED.*\)\. Check that it runs,/,
  );
});

test("a missing credential program is reported by name", async (t) => {
  const server = await answering(t, 200, "");
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "/nowhere/get-token" };
  t.regex(
    await refusal(t, "credentials-program", access(server, { exec })),
    /^The program "\/nowhere\/get-token", from which the kubeconfig gets its credentials of .*, failed \(it is not there\)/,
  );
});

test("the output of a failed credential program is quoted", async (t) => {
  const server = await answering(t, 200, "");
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["-c", "echo log in first >&2; exit 1"],
  };
  const message = await refusal(t, "credentials-program", access(server, { exec }));
  t.regex(message, /^The program "sh", .* failed \(log in first\)/);
});

test.serial("an API server that never answers is given up, and its connection is closed", async (t) => {
  const http = createServer(() => {});
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  // An address of a listening TCP server is never a string.
  const server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const { message } = await t.throwsAsync(inspect(access(server), args(), 300));
  assertFault(t, "api-unreachable", message);
  t.true(message.includes("(no answer within 0.3 s)"), message);
  // A server closes once nobody keeps a connection with an unanswered request to it.
  await new Promise((closed) => http.close(closed));
});

/** Self-signed, for nobody, from 2020-01-01 to 2020-01-02. */
const expired = `-----BEGIN CERTIFICATE-----
MIIBCTCBsAIBATAKBggqhkjOPQQDAjARMQ8wDQYDVQQDDAZub2JvZHkwHhcNMjAw
MTAxMDAwMDAwWhcNMjAwMTAyMDAwMDAwWjARMQ8wDQYDVQQDDAZub2JvZHkwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAASpekIZjlBeQO61kfkz6gRlblx01wbRFGhx
hcSbk9Dw4He/Abki/O+l1mT72snNVvbDpN08vlTN4RA3PwQNTlT/MAoGCCqGSM49
BAMCA0gAMEUCIQD4cBE71qo8bzKlk9KtXLRdb/LhnK3r0KYIRWfN1GJIswIgYN7D
IynA9RrNwzl/ro0/KTGjiOVyRIc1dpCVoxgdsdk=
-----END CERTIFICATE-----
`;
