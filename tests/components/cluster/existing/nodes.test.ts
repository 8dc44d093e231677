import type { V1Node, V1NodeCondition } from "@kubernetes/client-node";
import test from "ava";
import { chooseWorkers } from "../../../../components/cluster/existing/nodes.ts";
import { assertFault } from "../../../helpers/faults.ts";

const labels = { role: "worker", "pi-speedup/stack": "ours" };

interface Like {
  labels?: Record<string, string>;
  ready?: Partial<V1NodeCondition> | null;
  conditions?: V1NodeCondition[];
  spec?: V1Node["spec"];
  allocatable?: Record<string, string>;
}

/** A node that is fit, but for what is given. */
function node(name: string, { labels = {}, ready = {}, conditions = [], spec, allocatable }: Like = {}): V1Node {
  return {
    metadata: { name, labels },
    ...(spec && { spec }),
    status: {
      conditions: [...(ready ? [{ type: "Ready", status: "True", ...ready }] : []), ...conditions],
      allocatable: { pods: "110", cpu: "4", memory: "8003624Ki", ...allocatable },
    },
  };
}
const server = node("red", { labels: { "node-role.kubernetes.io/control-plane": "true" } });
const [black, blue, gray] = [node("black"), node("blue"), node("gray")];

test("without names the workers are all fit nodes that are no control plane, sorted", (t) => {
  t.deepEqual(chooseWorkers([gray, server, black, blue], [], labels), {
    workers: ["black", "blue", "gray"],
    leftOut: [],
  });
});

test("a control plane by its older label is none the less one", (t) => {
  const old = node("red", { labels: { "node-role.kubernetes.io/master": "" } });
  t.deepEqual(chooseWorkers([old, blue], [], labels).workers, ["blue"]);
});

test("without names an unfit node is left out, and it is said why", (t) => {
  const away = node("gray", { ready: { status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped." } });
  t.deepEqual(chooseWorkers([away, blue], [], labels), {
    workers: ["blue"],
    leftOut: ["node «gray» is not Ready (NodeStatusUnknown: Kubelet stopped.)"],
  });
});

test("named workers keep their order, and a control plane is one when it is named", (t) => {
  t.deepEqual(chooseWorkers([blue, server], ["red", "blue"], labels), { workers: ["red", "blue"], leftOut: [] });
});

test("a cluster of a control plane alone is refused with the way to use it", (t) => {
  const { message } = t.throws(() => chooseWorkers([server], [], labels));
  assertFault(t, "worker-none", message);
  t.regex(message, /no node that can be a worker \(node «red» is a control plane\)/);
  t.true(message.includes("`pulumi config set --path 'pi-speedup:workers[0]' NAME`"), message);
});

const unfit: [what: string, like: Like, said: string][] = [
  [
    "a kubelet that is down",
    { ready: { status: "False", reason: "KubeletNotReady", message: "container runtime is down" } },
    "is not Ready (KubeletNotReady: container runtime is down)",
  ],
  ["a node that has never reported", { ready: null }, "is not Ready (it has not reported yet)"],
  [
    "a full disk",
    { conditions: [{ type: "DiskPressure", status: "True", reason: "KubeletHasDiskPressure", message: "full" }] },
    "has DiskPressure (KubeletHasDiskPressure: full)",
  ],
  ["a cordon", { spec: { unschedulable: true } }, "is cordoned (`kubectl uncordon gray` opens it)"],
  [
    "a taint",
    { spec: { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] } },
    "has the taint node-role.kubernetes.io/control-plane:NoSchedule, which keeps the pods out",
  ],
  [
    "a taint with a value",
    { spec: { taints: [{ key: "dedicated", value: "db", effect: "NoExecute" }] } },
    "has the taint dedicated=db:NoExecute, which keeps the pods out",
  ],
  ["no room for pods", { allocatable: { pods: "0" } }, "has not enough pods to give (0 allocatable, 1 needed)"],
  ["no cpu", { allocatable: { cpu: "50m" } }, "has not enough cpu to give (50m allocatable, 100m needed)"],
  ["no memory", { allocatable: { memory: "32Mi" } }, "has not enough memory to give (32Mi allocatable, 64Mi needed)"],
];
for (const [what, like, said] of unfit) {
  test(`a named node with ${what} is refused by name and reason`, (t) => {
    const { message } = t.throws(() => chooseWorkers([blue, node("gray", like)], ["blue", "gray"], labels));
    t.true(message.startsWith(`Config key pi-speedup:workers: node «gray» ${said}; expected nodes that`), message);
  });
}

const fit: [what: string, like: Like][] = [
  ["a taint that only advises", { spec: { taints: [{ key: "slow", effect: "PreferNoSchedule" }] } }],
  [
    "a taint that it is about to lose",
    { spec: { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoExecute" }] } },
  ],
  ["a condition that is for people", { conditions: [{ type: "KernelDeadlock", status: "True" }] }],
  ["a role that is ours already", { labels: { role: "worker" } }],
  ["the stack's own label", { labels }],
];
for (const [what, like] of fit) {
  test(`a node with ${what} is fit`, (t) => {
    t.deepEqual(chooseWorkers([node("gray", like)], ["gray"], labels).workers, ["gray"]);
  });
}

test("all missing and unfit nodes are named at once", (t) => {
  const cordoned = node("gray", { spec: { unschedulable: true } });
  const { message } = t.throws(() => chooseWorkers([cordoned], ["gray", "pink"], labels));
  t.regex(message, /node «gray» is cordoned .*; node «pink» is not in this cluster;/);
});

const foreign: [key: string, value: string, expected: string][] = [
  ["role", "database", "worker"],
  ["pi-speedup/stack", "theirs", "ours"],
];
for (const [key, value, expected] of foreign) {
  for (const named of [["gray"], []]) {
    test(`somebody else's label ${key} on a ${named.length > 0 ? "named" : "found"} node is not taken over`, (t) => {
      const { message } = t.throws(() => chooseWorkers([node("gray", { labels: { [key]: value } })], named, labels));
      t.true(message.startsWith(`Node «gray» has the label ${key}=${value}, expected ${expected} or none: `), message);
      t.true(message.includes(`\`kubectl label node gray ${key}-\``), message);
    });
  }
}

test("a label on a node that is no worker matters to nobody", (t) => {
  const theirs = node("gray", { labels: { role: "database" } });
  t.deepEqual(chooseWorkers([theirs, blue], ["blue"], labels).workers, ["blue"]);
});
