import test from "ava";
import { jobSpec } from "../../../components/workload/job-spec.ts";
import { program } from "../../../components/workload/pi-program.ts";

const workload = { image: "python:3.9-slim", samples: 1000, rounds: 6, processes: 1, seed: "", timeout: 600 } as const;
const args = {
  workers: ["gray", "black", "blue"],
  nodeSelector: { role: "worker", "pi-speedup/stack": "s" },
  workload,
  run: "1",
};

// The spec is made of plain values; Pulumi's types allow Outputs everywhere.
const plain = (changed: Partial<Parameters<typeof jobSpec>[0]> = {}) =>
  JSON.parse(JSON.stringify(jobSpec({ ...args, ...changed })));

test("there is one completion for each worker, and all run at once", (t) => {
  const { completions, parallelism, completionMode } = plain();
  t.deepEqual(
    { completions, parallelism, completionMode },
    { completions: 3, parallelism: 3, completionMode: "Indexed" },
  );
});

test("the Job waits for the collector, which releases it", (t) => {
  t.true(plain().suspend);
});

test("nothing is retried", (t) => {
  const spec = plain();
  t.is(spec.backoffLimit, 0);
  t.is(spec.template.spec.restartPolicy, "Never");
});

test("no two pods share a node", (t) => {
  const spec = plain();
  const [term] = spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  t.is(term.topologyKey, "kubernetes.io/hostname");
  for (const [key, value] of Object.entries(term.labelSelector.matchLabels))
    t.is(spec.template.metadata.labels[key], value);
});

test("foreign proxies and agents are kept out of the pods, and only our labels keep pods apart", (t) => {
  const { metadata, spec } = plain().template;
  t.like(metadata.labels, {
    "sidecar.istio.io/inject": "false",
    "kuma.io/sidecar-injection": "disabled",
    role: "worker",
  });
  t.like(metadata.annotations, {
    "sidecar.istio.io/inject": "false",
    "linkerd.io/inject": "disabled",
    "consul.hashicorp.com/connect-inject": "false",
    "pi-speedup/run": "1",
  });
  const [term] = spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  t.deepEqual(Object.keys(term.labelSelector.matchLabels), ["app.kubernetes.io/name", "role", "pi-speedup/stack"]);
});

test("the settings that keep them out are valid labels and annotations", (t) => {
  const { labels, annotations } = plain().template.metadata;
  for (const key of [...Object.keys(labels), ...Object.keys(annotations)]) {
    t.regex(key, /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9][\w.-]{0,61}[A-Za-z0-9]$/);
  }
  for (const value of Object.values(labels)) t.regex(String(value), /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/);
});

test("the pods run only on nodes labelled for this stack", (t) => {
  t.deepEqual(plain().template.spec.nodeSelector, args.nodeSelector);
});

test("the pod's deadline comes before the Job's, which would delete pod and log", (t) => {
  const spec = plain();
  t.is(spec.template.spec.activeDeadlineSeconds, 600);
  t.is(spec.activeDeadlineSeconds, 660);
});

test("the pod has no privilege that the restricted Pod Security standard forbids", (t) => {
  const { spec } = plain().template;
  const [container] = spec.containers;
  t.true(spec.securityContext.runAsNonRoot);
  t.is(spec.securityContext.seccompProfile.type, "RuntimeDefault");
  t.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
});

test("the container has no CPU limit, which would throttle what is measured", (t) => {
  t.is(plain().template.spec.containers[0].resources.limits, undefined);
});

test("the program and its settings reach Python unchanged by Kubernetes' expansion of $(NAME)", (t) => {
  const [container] = plain({ workload: { ...workload, seed: "$(NODE_NAME) $x $$" } }).template.spec.containers;
  const expanded = container.args.map((each: string) =>
    each.replace(/\$\$|\$\(\w+\)/g, (found) => (found === "$$" ? "$" : "EXPANDED")),
  );
  t.is(expanded[0], program);
  t.is(expanded.at(-1), "--seed=$(NODE_NAME) $x $$");
});

const template = (changed: Partial<Parameters<typeof jobSpec>[0]>) => JSON.stringify(plain(changed).template);
for (const [what, changed] of [
  ["another run", { run: "2" }],
  ["one worker swapped for another", { workers: ["gray", "black", "red"] }],
  ["another number of samples", { workload: { ...workload, samples: 2000 } }],
  ["another image", { workload: { ...workload, image: "python:3.13-slim" } }],
] as const) {
  test(`${what} changes the pod template, and so the Job`, (t) => {
    t.not(template(changed), template({}));
  });
}

test("the workers' order does not matter", (t) => {
  t.is(template({ workers: ["blue", "gray", "black"] }), template({}));
});

test("pinned pods may run only on these nodes, one term for each, whatever their order", (t) => {
  const terms = (workers: string[]) =>
    plain({ workers, pinned: true }).template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
      .nodeSelectorTerms;
  t.deepEqual(terms(["gray", "blue"]), [
    { matchFields: [{ key: "metadata.name", operator: "In", values: ["blue"] }] },
    { matchFields: [{ key: "metadata.name", operator: "In", values: ["gray"] }] },
  ]);
  t.deepEqual(terms(["blue", "gray"]), terms(["gray", "blue"]));
});

test("a single worker is selected by its name, because others may have its labels", (t) => {
  const { nodeAffinity } = plain({ workers: ["gray"] }).template.spec.affinity;
  t.deepEqual(nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms, [
    { matchFields: [{ key: "metadata.name", operator: "In", values: ["gray"] }] },
  ]);
  t.is(plain().template.spec.affinity.nodeAffinity, undefined);
});
