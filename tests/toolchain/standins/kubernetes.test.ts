import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { at } from "../../../toolchain/standins/kubernetes/annotations.ts";
import { type JsonObject, secret, unknown } from "../../../toolchain/standins/wire.ts";
import { kubeconfigOf, startFakeApiServer } from "./fake-api-server.ts";
import { type CallError, type StandIn, startStandIn, urnOf } from "./plugin-process.ts";

const urns = {
  namespace: urnOf("kubernetes:core/v1:Namespace"),
  node: urnOf("kubernetes:core/v1:NodePatch"),
  job: urnOf("kubernetes:batch/v1:Job"),
};
const jobPath = "/apis/batch/v1/namespaces/ns/jobs/job";

const namespace = (labels: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "ns", labels },
});
const job = (annotations: JsonObject = {}, spec: JsonObject = {}): JsonObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: {
    name: "job",
    namespace: "ns",
    annotations: { "pulumi.com/waitFor": "jsonpath={.metadata.uid}", ...annotations },
  },
  spec: { completions: 2, template: { spec: { containers: [{ name: "c", image: "i" }] } }, ...spec },
});
const nodePatch = (labels: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n1", labels },
});

// What needs no cluster is asked of one process.
const idle = await startStandIn("kubernetes.ts");
test.after.always(() => idle.end());

/** A cluster of one's own with namespace `ns` and node `n1`, and a stand-in that is configured for it. */
async function onCluster(t: ExecutionContext, env: Record<string, string> = {}) {
  const server = await startFakeApiServer();
  const plugin = await startStandIn("kubernetes.ts", { env });
  t.teardown(async () => {
    await plugin.end();
    await server.stop();
  });
  await plugin.configure({ kubeconfig: secret(server.kubeconfig) });
  server.put("/api/v1/namespaces/ns", namespace(), "somebody");
  server.put("/api/v1/nodes/n1", nodePatch({ zone: "a" }), "kubelet");
  const lines = () => server.requests.map(({ line }) => line);
  return { server, plugin, lines };
}

/** A stand-in whose cluster does not answer. */
async function offCluster(t: ExecutionContext, env: Record<string, string> = {}): Promise<StandIn> {
  const { plugin, server } = await onCluster(t, env);
  await server.stop();
  return plugin;
}

const manager = (state: JsonObject) => String(state.__fieldManager);

test("it reports the version of the npm package whose plugin it stands for", async (t) => {
  const { version } = createRequire(import.meta.url)("@pulumi/kubernetes/package.json");
  t.is(await idle.version(), version);
});

test("a creation is a POST with the kubeconfig's token, and the state holds the live object beside the inputs", async (t) => {
  const { server, plugin } = await onCluster(t);
  server.things.delete("/api/v1/namespaces/ns");
  const inputs = namespace({ a: "1" });
  const { id, state } = await plugin.create(urns.namespace, inputs);
  t.is(id, "ns");
  const [request] = server.requests;
  t.is(request?.line, "POST /api/v1/namespaces?fieldManager=pulumi-kubernetes");
  t.is(request?.token, "Bearer let-me-in");
  t.deepEqual(request?.body, inputs);
  t.is(at(state, ["metadata", "uid"]), at(server.things.get("/api/v1/namespaces/ns"), ["metadata", "uid"]));
  t.deepEqual(state.__inputs, inputs);
  t.is(state.__initialApiVersion, "v1");
  t.regex(manager(state), /^pulumi-kubernetes-[0-9a-f]{8}$/);
});

test("a namespaced thing's id is namespace and name", async (t) => {
  const { plugin } = await onCluster(t);
  t.is((await plugin.create(urns.job, job())).id, "ns/job");
});

test("what exists already is not touched: the error says so, with ways out", async (t) => {
  const { server, plugin } = await onCluster(t);
  const before = server.things.get("/api/v1/namespaces/ns");
  const error = await t.throwsAsync(plugin.create(urns.namespace, namespace({ mine: "1" })));
  t.regex(error?.message ?? "", /namespaces "ns" already exists\n\nIt was left as it is\. .*another name.*alias/);
  t.is(server.things.get("/api/v1/namespaces/ns"), before);
});

test("what an overloaded server puts off is asked again when it says", async (t) => {
  const { server, plugin, lines } = await onCluster(t);
  server.intercept = () =>
    lines().length < 2 ? { code: 429, reason: "TooManyRequests", message: "busy", after: 1 } : undefined;
  await plugin.create(urns.job, job());
  t.is(lines().length, 2);
  t.true(server.things.has(jobPath));
});

test("a creation waits for its namespace, and tells of each try", async (t) => {
  const { server, plugin } = await onCluster(t);
  server.things.delete("/api/v1/namespaces/ns");
  const made = plugin.create(urns.job, job());
  while (server.requests.length === 0) await sleep(20);
  server.put("/api/v1/namespaces/ns", namespace(), "somebody");
  await made;
  t.deepEqual(
    plugin.logged.map(({ message, passing }) => [message, passing]),
    [['Retry #0; creation failed: namespaces "ns" not found', true]],
  );
});

test("a secret input is secret in the state too", async (t) => {
  const { server, plugin } = await onCluster(t);
  const inputs = job({ token: secret("s") });
  const { state } = await plugin.create(urns.job, inputs);
  t.deepEqual(at(state, ["metadata", "annotations", "token"]), secret("s"));
  t.deepEqual(state.__inputs, inputs);
  t.is(at(server.things.get(jobPath), ["metadata", "annotations", "token"]), "s");
});

test("the preview of a creation is a dry run, its state without status", async (t) => {
  const { server, plugin, lines } = await onCluster(t);
  const { id, state } = await plugin.create(urns.job, job(), { preview: true });
  t.deepEqual(lines(), ["POST /apis/batch/v1/namespaces/ns/jobs?fieldManager=pulumi-kubernetes&dryRun=All"]);
  t.is(id, "");
  t.false("status" in state);
  t.false(server.things.has(jobPath));
});

test("the preview of an invalid thing fails as its creation would", async (t) => {
  const { server, plugin } = await onCluster(t);
  server.intercept = () => ({ code: 422, reason: "Invalid", message: 'Job "job" is invalid: spec.x' });
  await t.throwsAsync(plugin.create(urns.job, job(), { preview: true }), {
    message: /was not successfully created by the Kubernetes API server: Job "job" is invalid: spec\.x/,
  });
});

const unpreviewable: [title: string, refusal: { code: number; reason: string; message: string }][] = [
  ["forbids the dry run", { code: 403, reason: "Forbidden", message: "no" }],
  ["has a thing of that name", { code: 409, reason: "AlreadyExists", message: "there" }],
];
for (const [title, refusal] of unpreviewable) {
  test(`the preview of a creation shows the inputs where the server ${title}`, async (t) => {
    const { server, plugin } = await onCluster(t);
    server.intercept = () => refusal;
    t.deepEqual(await plugin.create(urns.job, job(), { preview: true }), { id: "", state: job() });
  });
}

test("the preview of a thing in a namespace that is still to be made shows the inputs", async (t) => {
  const { server, plugin } = await onCluster(t);
  server.things.delete("/api/v1/namespaces/ns");
  t.deepEqual(await plugin.create(urns.job, job(), { preview: true }), { id: "", state: job() });
});

test("with inputs that are not known yet a preview asks nobody", async (t) => {
  const { plugin, lines } = await onCluster(t);
  const inputs = job({}, { parallelism: unknown });
  t.deepEqual(await plugin.create(urns.job, inputs, { preview: true }), { id: "", state: inputs });
  t.deepEqual(await plugin.update(urns.job, "ns/job", {}, inputs, true), inputs);
  t.deepEqual(lines(), []);
});

const badKubeconfigs: [title: string, text: string, cause: RegExp][] = [
  [
    "a path",
    "/root/.kube/config",
    /kubeconfig is not valid \(the whole text must be Object\): give it the text of a kubeconfig, not a path\.$/,
  ],
  ["no YAML", 'users: [{user: {token: "hidden', /kubeconfig is not valid \((?!.*hidden)/s],
  [
    "of another context",
    kubeconfigOf("https://here", "gone"),
    /kubeconfig has no context «gone» with a cluster, only only: name one of them as `context`\.$/,
  ],
];
for (const [title, text, cause] of badKubeconfigs) {
  test(`with a kubeconfig that is ${title} previews work and deployments say why they don't`, async (t) => {
    const plugin = await startStandIn("kubernetes.ts");
    t.teardown(() => plugin.end());
    await plugin.configure({ kubeconfig: secret(text) });
    t.deepEqual((await plugin.check(urns.job, job())).failures, []);
    t.deepEqual(await plugin.create(urns.job, job(), { preview: true }), { id: "", state: job() });
    const error = await t.throwsAsync(plugin.create(urns.job, job()), { message: cause });
    t.regex(error?.message ?? "", /configured Kubernetes cluster is unreachable: The Kubernetes provider's kubeconfig/);
  });
}

for (const [title, refusal] of [
  ["does not know the credentials", { code: 401, reason: "Unauthorized", message: "Unauthorized" }],
  ["is behind a gateway that does not find it", { code: 503, reason: "", message: "no backend" }],
] as const) {
  test(`a cluster that ${title} is out of reach`, async (t) => {
    const { server, plugin } = await onCluster(t, { PULUMI_K8S_DELETE_UNREACHABLE: "true" });
    server.intercept = () => refusal;
    t.deepEqual(await plugin.create(urns.job, job(), { preview: true }), { id: "", state: job() });
    await t.throwsAsync(plugin.create(urns.job, job()), { message: new RegExp(`unreachable: .*${refusal.message}`) });
    t.is((await plugin.read(urns.job, "ns/job", {}, job())).id, "");
  });
}

test("a cluster out of reach spoils no preview, but a deployment, in words", async (t) => {
  const plugin = await offCluster(t);
  t.deepEqual(await plugin.create(urns.job, job(), { preview: true }), { id: "", state: job() });
  t.deepEqual(await plugin.update(urns.job, "ns/job", {}, job(), true), job());
  for (const call of [plugin.create(urns.job, job()), plugin.update(urns.job, "ns/job", {}, job())]) {
    await t.throwsAsync(call, { message: /configured Kubernetes cluster is unreachable: \w+ http:.*ECONNREFUSED/ });
  }
});

test("things on a cluster out of reach are forgotten only where the user says so", async (t) => {
  const plugin = await offCluster(t);
  const message = /unreachable\. .*PULUMI_K8S_DELETE_UNREACHABLE=true/;
  await t.throwsAsync(plugin.read(urns.job, "ns/job", {}, job()), { message });
  await t.throwsAsync(plugin.delete(urns.job, "ns/job", {}), { message });
  const told = await offCluster(t, { PULUMI_K8S_DELETE_UNREACHABLE: "true" });
  t.is((await told.read(urns.job, "ns/job", {}, job())).id, "");
  await told.delete(urns.job, "ns/job", {});
  t.regex(told.logged[0]?.message ?? "", /configured Kubernetes cluster is unreachable/);
  t.regex(told.logged[1]?.message ?? "", /^Forgotten/);
});

test("the SDK turns the user's word on clusters out of reach into a setting, which goes first", async (t) => {
  const plugin = await startStandIn("kubernetes.ts", { env: { PULUMI_K8S_DELETE_UNREACHABLE: "true" } });
  t.teardown(() => plugin.end());
  const kubeconfig = kubeconfigOf("http://127.0.0.1:1");
  t.deepEqual(await plugin.checkConfig({ kubeconfig, deleteUnreachable: "false" }), []);
  await plugin.configure({ kubeconfig, deleteUnreachable: "false" });
  await t.throwsAsync(plugin.delete(urns.job, "ns/job", {}), { message: /unreachable/ });
  await plugin.configure({ kubeconfig, deleteUnreachable: "true" });
  await t.notThrowsAsync(plugin.delete(urns.job, "ns/job", {}));
});

test("waitFor is satisfied at once by what the creation returned", async (t) => {
  const { plugin, lines } = await onCluster(t);
  await plugin.create(urns.job, job());
  t.is(lines().length, 1);
});

test("waitFor waits for a value, and the state is as it is then", async (t) => {
  const { server, plugin, lines } = await onCluster(t);
  const made = plugin.create(urns.job, job({ "pulumi.com/waitFor": "jsonpath={.status.ready}=2" }));
  while (!lines().some((line) => line.startsWith("GET"))) await sleep(20);
  const live = server.things.get(jobPath);
  if (live) live.status = { ready: 2 };
  t.deepEqual((await made).state.status, { ready: 2 });
});

test("a thing that is not what waitFor asks in time fails, with what there is of it as its state", async (t) => {
  const { plugin } = await onCluster(t);
  const inputs = job({ "pulumi.com/waitFor": "jsonpath={.status.never}" });
  const error = await t.throwsAsync<CallError>(plugin.create(urns.job, inputs, { timeout: 0.2 }));
  t.regex(error?.message ?? "", /was successfully created, but .* become live: timed out after 0\.2 s waiting for \{/);
  t.is(error?.id, "ns/job");
  t.deepEqual(error?.state?.__inputs, inputs);
});

test("cancelling ends a wait", async (t) => {
  const { plugin } = await onCluster(t);
  const made = plugin.create(urns.job, job({ "pulumi.com/waitFor": "jsonpath={.status.never}" }));
  while (plugin.logged.length === 0) await sleep(20);
  await plugin.cancel();
  await t.throwsAsync(made, { message: /aborted/ });
});

for (const [title, urn, id, inputs] of [
  ["a Namespace", urns.namespace, "ns", namespace()],
  ["a Job", urns.job, "ns/job", job()],
] as const) {
  test(`the deletion of ${title} takes its dependants first and waits until it is gone`, async (t) => {
    const { server, plugin } = await onCluster(t);
    if (id === "ns") server.things.delete("/api/v1/namespaces/ns");
    const { state } = await plugin.create(urn, inputs);
    server.deletionTakes = 300;
    await plugin.delete(urn, id, state);
    const request = server.requests.find(({ line }) => line.startsWith("DELETE"));
    t.deepEqual(request?.body, { propagationPolicy: "Foreground" });
    t.is(server.things.size, id === "ns" ? 1 : 2);
    await plugin.delete(urn, id, state);
  });
}

test("a deletion goes on through a time in which the cluster does not answer", async (t) => {
  const { server, plugin, lines } = await onCluster(t);
  const { state } = await plugin.create(urns.job, job());
  server.deletionTakes = 300;
  server.intercept = (line) =>
    line.startsWith("GET") && lines().length < 5 ? { code: 503, reason: "", message: "starting" } : undefined;
  await plugin.delete(urns.job, "ns/job", state);
  t.false(server.things.has(jobPath));
});

test("a deletion ends where another thing of that name has come", async (t) => {
  const { server, plugin } = await onCluster(t);
  const { state } = await plugin.create(urns.job, job());
  server.deletionTakes = 60_000;
  const deleted = plugin.delete(urns.job, "ns/job", state);
  while (!server.requests.some(({ line }) => line.startsWith("DELETE"))) await sleep(20);
  server.put(jobPath, job(), "somebody");
  await t.notThrowsAsync(deleted);
});

// A label set by somebody else, in all that follows: {zone: "a"} by kubelet.
test("a patch sets its fields beside the others' and gives them back when it is deleted", async (t) => {
  const { server, plugin, lines } = await onCluster(t);
  const labels = () => at(server.things.get("/api/v1/nodes/n1"), ["metadata", "labels"]);
  const { id, state } = await plugin.create(urns.node, nodePatch({ role: "worker" }));
  t.is(id, "n1");
  t.deepEqual(labels(), { zone: "a", role: "worker" });
  const changed = await plugin.update(urns.node, "n1", state, nodePatch({ role: "boss" }));
  t.deepEqual(labels(), { zone: "a", role: "boss" });
  await plugin.delete(urns.node, "n1", changed);
  t.deepEqual(labels(), { zone: "a" });
  const query = `fieldManager=${manager(state)}&force=false`;
  t.deepEqual(
    lines().filter((line) => line.startsWith("PATCH")),
    Array(3).fill(`PATCH /api/v1/nodes/n1?${query}`),
  );
});

test("the preview of a patch's creation asks nobody, that of its update is a dry run", async (t) => {
  const { server, plugin, lines } = await onCluster(t);
  const inputs = nodePatch({ role: "worker" });
  t.deepEqual(await plugin.create(urns.node, inputs, { preview: true }), { id: "", state: inputs });
  t.deepEqual(lines(), []);
  const { state } = await plugin.create(urns.node, inputs);
  await plugin.update(urns.node, "n1", state, nodePatch({ role: "boss" }), true);
  t.regex(lines().at(-1) ?? "", /force=false&dryRun=All$/);
  t.is(at(server.things.get("/api/v1/nodes/n1"), ["metadata", "labels", "role"]), "worker");
});

test("a conflict names the other manager and where to read on, and leaves its value", async (t) => {
  const { server, plugin } = await onCluster(t);
  const error = await t.throwsAsync(plugin.create(urns.node, nodePatch({ zone: "mine" })));
  t.regex(error?.message ?? "", /field manager "pulumi-kubernetes-\w+" is in .* conflict with "kubelet" using v1/);
  t.regex(error?.message ?? "", /\nWhat to do about it: https:/);
  t.is(at(server.things.get("/api/v1/nodes/n1"), ["metadata", "labels", "zone"]), "a");
});

test("a patch of a node that is gone is deleted without making the node anew", async (t) => {
  const { server, plugin } = await onCluster(t);
  const { state } = await plugin.create(urns.node, nodePatch({ role: "worker" }));
  server.things.delete("/api/v1/nodes/n1");
  await plugin.delete(urns.node, "n1", state);
  t.false(server.things.has("/api/v1/nodes/n1"));
});

test("an update changes and removes what the creation set, and what kubectl changed", async (t) => {
  const { server, plugin, lines } = await onCluster(t);
  server.things.delete("/api/v1/namespaces/ns");
  const { state } = await plugin.create(urns.namespace, namespace({ a: "1", b: "1" }));
  const updated = await plugin.update(urns.namespace, "ns", state, namespace({ a: "2" }));
  const labels = () => at(server.things.get("/api/v1/namespaces/ns"), ["metadata", "labels"]);
  t.deepEqual(labels(), { a: "2" });
  t.deepEqual(
    lines().map((line) => line.split(" ")[0]),
    ["POST", "GET", "PATCH", "PATCH"],
  );
  server.put("/api/v1/namespaces/ns", namespace({ a: "theirs" }), "kubectl-edit");
  const again = await plugin.update(urns.namespace, "ns", updated, namespace({ a: "3" }));
  t.deepEqual(labels(), { a: "3" });
  t.is(manager(again), manager(state));
});

test("an update against another manager's field fails, and is repeated next time", async (t) => {
  const { server, plugin } = await onCluster(t);
  const inputs = namespace({ owner: "me" });
  server.put("/api/v1/namespaces/ns", namespace({ owner: "them" }), "operator");
  const error = await t.throwsAsync<CallError>(plugin.update(urns.namespace, "ns", { __fieldManager: "me" }, inputs));
  t.regex(error?.message ?? "", /"ns" failed to fully initialize or become live: .*conflict with "operator"/s);
  t.is(error?.id, "ns");
  t.deepEqual(error?.state?.__inputs, inputs);
});

test("the preview of such an update fails in the same words", async (t) => {
  const { server, plugin } = await onCluster(t);
  server.put("/api/v1/namespaces/ns", namespace({ owner: "them" }), "operator");
  const olds = { __fieldManager: "me" };
  await t.throwsAsync(plugin.update(urns.namespace, "ns", olds, namespace({ owner: "me" }), true), {
    message: /"ns" failed to fully initialize or become live: .*conflict with "operator"/s,
  });
});

test("an update of what is gone fails", async (t) => {
  const { plugin } = await onCluster(t);
  await t.throwsAsync(plugin.update(urns.job, "ns/job", {}, job()), {
    message: /^2 UNKNOWN: update of resource .* failed: jobs "job" not found$/,
  });
});

test("a refresh takes over what the inputs speak of, and drops what is gone", async (t) => {
  const { server, plugin } = await onCluster(t);
  const inputs = nodePatch({ role: "worker" });
  const { state } = await plugin.create(urns.node, inputs);
  server.put("/api/v1/nodes/n1", nodePatch({ role: "other", more: "x" }), "somebody");
  const read = await plugin.read(urns.node, "n1", state, inputs);
  t.deepEqual(read.inputs, nodePatch({ role: "other" }));
  t.deepEqual(at(read.state, ["metadata", "labels"]), { role: "other", more: "x" });
  t.is(manager(read.state), manager(state));
  server.things.delete("/api/v1/nodes/n1");
  t.is((await plugin.read(urns.node, "n1", state, inputs)).id, "");
});

const done = { conditions: [{ type: "Complete", status: "True" }] };
const failed = {
  conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded", message: "too often" }],
};
const refreshes: [title: string, status: JsonObject, problem: string | undefined][] = [
  ["a complete Job is in order", done, undefined],
  ["a running Job is not in order", { active: 1 }, "is not complete"],
  ["a failed Job is not in order, and why", failed, "is not complete: it failed (BackoffLimitExceeded: too often)"],
];
for (const [title, status, problem] of refreshes) {
  test(`a refresh tells that ${title}`, async (t) => {
    const { server, plugin } = await onCluster(t);
    const inputs = job();
    server.put(jobPath, { ...inputs, status }, "somebody");
    const read = plugin.read(urns.job, "ns/job", {}, inputs);
    if (problem === undefined) return void t.is((await read).id, "ns/job");
    const error = await t.throwsAsync<CallError>(read);
    t.true(error?.message.endsWith(`Job ns/job ${problem}`), error?.message);
    t.deepEqual([error?.id, error?.inputs, error?.state?.status], ["ns/job", inputs, status]);
  });
}

const table: [title: string, urn: string, before: JsonObject, after: JsonObject, change: string, replaced: string][] = [
  ["no change", urns.job, job(), job(), "", ""],
  ["completions", urns.job, job(), job({}, { completions: 3 }), "spec.completions", "in place"],
  ["parallelism", urns.job, job(), job({}, { parallelism: 3 }), "spec.parallelism", "in place"],
  [
    "the pod template",
    urns.job,
    job(),
    job({}, { template: { spec: { containers: [{ name: "c", image: "j" }] } } }),
    "spec.template.spec.containers[0].image",
    "in place",
  ],
  ["the selector", urns.job, job(), job({}, { selector: {} }), "spec.selector", "in place"],
  ["a deadline", urns.job, job(), job({}, { activeDeadlineSeconds: 1 }), "spec.activeDeadlineSeconds", ""],
  ["an annotation", urns.job, job(), job({ a: "1" }), "metadata.annotations.a", ""],
  ["a label of a namespace", urns.namespace, namespace({ a: "1" }), namespace({}), "metadata.labels.a", ""],
  [
    "a name",
    urns.namespace,
    namespace(),
    { ...namespace(), metadata: { name: "other", labels: {} } },
    "metadata.name",
    "beside",
  ],
  ["a patch's label", urns.node, nodePatch({ a: "1" }), nodePatch({ a: "2" }), "metadata.labels.a", ""],
];
for (const [title, urn, before, after, change, replaced] of table) {
  const how = replaced ? `replaces, ${replaced === "beside" ? "the new one first" : "the old one first"}` : "updates";
  test(`diff: ${title}${change ? ` ${how}` : " is none"}`, async (t) => {
    const answer = await idle.diff(urn, "ns/job", before, after);
    t.deepEqual(Object.keys(answer.details), change ? [change] : []);
    t.is(answer.changed, change !== "");
    t.deepEqual(answer.replaces, replaced ? [change] : []);
    t.is(answer.deleteBeforeReplace, replaced === "in place");
  });
}

const unready = job({ "pulumi.com/replaceUnready": "true" });
const statuses: [title: string, status: JsonObject | undefined, replaced: boolean][] = [
  ["a complete Job is kept", { conditions: [{ type: "Complete", status: "True" }] }, false],
  ["a failed Job is replaced", { conditions: [{ type: "Failed", status: "True" }] }, true],
  ["a running Job is replaced", { active: 1 }, true],
  ["a missing Job is no reason to replace it", undefined, false],
];
for (const [title, status, replaced] of statuses) {
  test(`replaceUnready: ${title}`, async (t) => {
    const { server, plugin } = await onCluster(t);
    if (status) server.put(jobPath, { ...unready, status }, "somebody");
    const answer = await plugin.diff(urns.job, "ns/job", unready, unready);
    t.deepEqual(answer, {
      changed: replaced,
      replaces: replaced ? ['.metadata.annotations["pulumi.com/replaceUnready"]'] : [],
      deleteBeforeReplace: replaced,
      details: {},
    });
  });
}

test("replaceUnready: a cluster out of reach is no reason to replace, and a warning", async (t) => {
  const plugin = await offCluster(t);
  t.false((await plugin.diff(urns.job, "ns/job", unready, unready)).changed);
  t.regex(plugin.logged[0]?.message ?? "", /^Cluster is unreachable, skipping replaceUnready check/);
});

const here = kubeconfigOf("https://here:6443");
const rotated = here.replace("let-me-in", "new-token");
const there = kubeconfigOf("https://there:6443");
const configs: [title: string, olds: JsonObject, news: JsonObject, diffs: string[], replaces: string[]][] = [
  ["the same settings are no change", { kubeconfig: secret(here) }, { kubeconfig: here }, [], []],
  ["another token updates", { kubeconfig: here }, { kubeconfig: rotated }, ["kubeconfig"], []],
  ["another server replaces", { kubeconfig: here }, { kubeconfig: there }, ["kubeconfig"], ["kubeconfig"]],
  [
    "another certificate authority replaces",
    { kubeconfig: here },
    { kubeconfig: kubeconfigOf("https://here:6443", "only", { "certificate-authority-data": "eA==" }) },
    ["kubeconfig"],
    ["kubeconfig"],
  ],
  ["an unknown kubeconfig replaces", { kubeconfig: here }, { kubeconfig: unknown }, ["kubeconfig"], ["kubeconfig"]],
  [
    "a context that means nothing is no other cluster",
    { kubeconfig: here },
    { kubeconfig: here, context: "none" },
    ["context"],
    [],
  ],
  [
    "with the same identifier another server updates",
    { kubeconfig: here, clusterIdentifier: "a" },
    { kubeconfig: there, clusterIdentifier: "a" },
    ["kubeconfig"],
    [],
  ],
  [
    "with the same identifier an unknown kubeconfig updates",
    { kubeconfig: here, clusterIdentifier: "a" },
    { kubeconfig: unknown, clusterIdentifier: "a" },
    ["kubeconfig"],
    [],
  ],
  [
    "another identifier replaces",
    { kubeconfig: here, clusterIdentifier: "a" },
    { kubeconfig: here, clusterIdentifier: "b" },
    ["clusterIdentifier"],
    ["clusterIdentifier"],
  ],
  [
    "a new identifier updates",
    { kubeconfig: here },
    { kubeconfig: here, clusterIdentifier: "a" },
    ["clusterIdentifier"],
    [],
  ],
];
for (const [title, olds, news, diffs, replaces] of configs) {
  test(`diffConfig: ${title}`, async (t) => {
    t.deepEqual(await idle.diffConfig(olds, news), { changed: diffs.length > 0, diffs, replaces });
  });
}

test("settings that the stand-in does not know are refused", async (t) => {
  t.deepEqual(await idle.checkConfig({ kubeconfig: here, version: "1", enableServerSideApply: "true" }), []);
  t.deepEqual(await idle.checkConfig({ renderYamlToDirectory: "x", enableServerSideApply: "false" }), [
    "renderYamlToDirectory: renderYamlToDirectory is not known to the stand-in for the Kubernetes plugin.",
    "kubeconfig: The stand-in needs a kubeconfig.",
    "enableServerSideApply: The stand-in knows no other way than it.",
  ]);
});

test("a kubeconfig whose user needs more than a token or a certificate works too", async (t) => {
  const { server, plugin } = await onCluster(t);
  const credential = {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: "made" },
  };
  const exec = { apiVersion: credential.apiVersion, command: "echo", args: [JSON.stringify(credential)] };
  const plain = JSON.parse(server.kubeconfig);
  // client-node takes no exec credentials over HTTP unless nothing is asked of the server's identity.
  const cluster = { ...plain.clusters[0].cluster, "insecure-skip-tls-verify": true };
  const config = { ...plain, clusters: [{ name: "c", cluster }], users: [{ name: "u", user: { exec } }] };
  await plugin.configure({ kubeconfig: JSON.stringify(config) });
  await plugin.create(urns.job, job());
  t.is(server.requests[0]?.token, "Bearer made");
});

const refusedAnnotation = (annotations: JsonObject) => idle.check(urns.job, job(annotations));

test("check: a Job in no namespace gets the kubeconfig's", async (t) => {
  const { metadata: _, ...rest } = job();
  const annotations = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };
  const checked = await idle.check(urns.job, { ...rest, metadata: { name: "job", annotations } });
  t.deepEqual(checked, {
    inputs: { ...rest, metadata: { name: "job", annotations, namespace: "default" } },
    failures: [],
  });
});

test("check: a Job that says nothing of waiting is refused", async (t) => {
  const inputs = { ...job(), metadata: { name: "job", namespace: "ns" } };
  t.deepEqual((await idle.check(urns.job, inputs)).failures, [
    "metadata.annotations: The stand-in does not wait for Jobs to complete: annotate it with pulumi.com/waitFor.",
  ]);
});

test("check: names are not invented", async (t) => {
  t.deepEqual((await idle.check(urns.namespace, { metadata: {} })).failures, [
    "metadata.name: The stand-in invents no names: metadata.name is needed.",
  ]);
  t.deepEqual((await idle.check(urns.namespace, { metadata: { name: unknown } })).failures, []);
});

for (const text of ["jsonpath=.a", "jsonpath={.a}=", "jsonpath={.a[?(@.b)]}", "condition=Ready", '["jsonpath={.a}"]']) {
  test(`check: waitFor ${text} is refused`, async (t) => {
    await t.throwsAsync(refusedAnnotation({ "pulumi.com/waitFor": text }), {
      message: /pulumi\.com\/waitFor is «.*»: this stand-in knows jsonpath=\{\.path\} and jsonpath=\{\.path\}=value/,
    });
  });
}

test("check: other annotations of the plugin are refused, those of anybody else are not", async (t) => {
  t.deepEqual((await refusedAnnotation({ "example.com/x": "1" })).failures, []);
  await t.throwsAsync(refusedAnnotation({ "pulumi.com/skipAwait": "true" }), {
    message: /pulumi\.com\/skipAwait is not known to the stand-in/,
  });
});

test("other kinds and functions are refused by name", async (t) => {
  await t.throwsAsync(idle.check(urnOf("kubernetes:apps/v1:Deployment"), {}), {
    message:
      /kubernetes:apps\/v1:Deployment is not known to the stand-in for the Kubernetes plugin, only .*use the official plugin/,
  });
  await t.throwsAsync(idle.invoke("kubernetes:yaml:decode"), { message: /kubernetes:yaml:decode is not known/ });
});
