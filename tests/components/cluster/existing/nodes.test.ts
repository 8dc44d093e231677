import type { V1Node, V1NodeCondition, V1NodeSystemInfo } from "@kubernetes/client-node";
import test from "ava";
import { chooseWorkers } from "../../../../components/cluster/existing/nodes.ts";
import { assertFault } from "../../../helpers/faults.ts";

const labels = { role: "worker", "pi-speedup/stack": "ours" };
/** This stack has set labels on the node with this uid, and on no others. */
const own = { stackValue: "ours", recorded: { uids: new Set(["uid-of-ours"]), stackValue: "ours" } };

interface Like {
  uid?: string;
  labels?: Record<string, string>;
  ready?: Partial<V1NodeCondition> | null;
  conditions?: V1NodeCondition[];
  spec?: V1Node["spec"];
  allocatable?: Record<string, string>;
  info?: { architecture?: string; operatingSystem?: string };
}

/** A node that is fit, but for what is given. */
function node(
  name: string,
  { uid, labels = {}, ready = {}, conditions = [], spec, allocatable, info }: Like = {},
): V1Node {
  return {
    metadata: { name, uid: uid ?? `uid-of-${name}`, labels },
    ...(spec && { spec }),
    status: {
      conditions: [...(ready ? [{ type: "Ready", status: "True", ...ready }] : []), ...conditions],
      allocatable: { pods: "110", cpu: "4", memory: "8003624Ki", ...allocatable },
      // A real one has ten fields more, which nobody asks for.
      ...(info && { nodeInfo: info as V1NodeSystemInfo }),
    },
  };
}
const server = node("red", { labels: { "node-role.kubernetes.io/control-plane": "true" } });
const [black, blue, gray] = [node("black"), node("blue"), node("gray")];

test("without names, the workers are all suitable nodes that are not control plane, sorted", (t) => {
  t.deepEqual(chooseWorkers([gray, server, black, blue], [], own), {
    workers: ["black", "blue", "gray"],
    leftOut: [],
  });
});

test("a node with the older control-plane label is control plane", (t) => {
  const old = node("red", { labels: { "node-role.kubernetes.io/master": "" } });
  t.deepEqual(chooseWorkers([old, blue], [], own).workers, ["blue"]);
});

for (const role of ["controlplane", "etcd"]) {
  test(`a server that Rancher or K3s labels "${role}" alone is no worker unless it is named`, (t) => {
    const there = node("red", { labels: { [`node-role.kubernetes.io/${role}`]: "true" } });
    t.deepEqual(chooseWorkers([there, blue], [], own).workers, ["blue"]);
    t.deepEqual(chooseWorkers([there, blue], ["red"], own).workers, ["red"]);
  });
}

test("without names a Windows node is left out, by what its kubelet reports or by either label", (t) => {
  const windows = [
    node("a", { info: { operatingSystem: "windows", architecture: "amd64" } }),
    node("b", { labels: { "kubernetes.io/os": "windows" } }),
    node("c", { labels: { "beta.kubernetes.io/os": "windows" } }),
  ];
  t.deepEqual(
    chooseWorkers(
      [...windows, node("d", { labels: { "kubernetes.io/os": "linux" }, info: { operatingSystem: "linux" } })],
      [],
      own,
    ),
    { workers: ["d"], leftOut: ["a", "b", "c"].map((name) => `node "${name}" runs windows, and the pods need linux`) },
  );
});

test("a node's architecture is compared with those of the image, where both are known", (t) => {
  const known = { image: "mine:1", architectures: new Set(["arm64"]) };
  const nodes = [
    node("a", { info: { architecture: "arm64" } }),
    node("b", { info: { architecture: "riscv64" } }),
    node("c", { labels: { "kubernetes.io/arch": "amd64" } }),
    node("d"),
  ];
  const { workers, leftOut } = chooseWorkers(nodes, [], own, known);
  t.deepEqual(workers, ["a", "d"]);
  t.is(leftOut.length, 2);
  const { message } = t.throws(() => chooseWorkers(nodes, ["a", "b"], own, known));
  t.regex(
    message,
    /node "b" is of the architecture riscv64, for which there is no image "mine:1" \(there is one for arm64\)/,
  );
});

test("without names, an unsuitable node is skipped with the reason", (t) => {
  const away = node("gray", { ready: { status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped." } });
  t.deepEqual(chooseWorkers([away, blue], [], own), {
    workers: ["blue"],
    leftOut: ['node "gray" is not Ready (NodeStatusUnknown: Kubelet stopped.)'],
  });
});

test("named workers keep their order, and may be control plane", (t) => {
  t.deepEqual(chooseWorkers([blue, server], ["red", "blue"], own), { workers: ["red", "blue"], leftOut: [] });
});

test("a cluster with only a control plane is refused, with the setting to use it", (t) => {
  const { message } = t.throws(() => chooseWorkers([server], [], own));
  assertFault(t, "worker-none", message);
  t.regex(message, /No node of this cluster can be a worker \(node "red" is a control plane\)/);
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
    "another system",
    { info: { operatingSystem: "windows" }, ready: { status: "False" } },
    "runs windows, and the pods need linux",
  ],
  [
    "a service behind it instead of a machine",
    { labels: { type: "virtual-kubelet" } },
    "is no machine but stands for a service that runs pods (virtual-kubelet)",
  ],
  [
    "a taint that a cloud's controller sets",
    { spec: { taints: [{ key: "ToBeDeletedByClusterAutoscaler", value: "1", effect: "NoSchedule" }] } },
    "has the taint ToBeDeletedByClusterAutoscaler=1:NoSchedule, which keeps the pods out",
  ],
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
    const { message } = t.throws(() => chooseWorkers([blue, node("gray", like)], ["blue", "gray"], own));
    t.true(
      message.startsWith(`Not all nodes in pi-speedup:workers can be workers: node "gray" ${said}. Workers must`),
      message,
    );
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
  ["the stack's own label, set by it", { uid: "uid-of-ours", labels }],
];
for (const [what, like] of fit) {
  test(`a node with ${what} is fit`, (t) => {
    t.deepEqual(chooseWorkers([node("gray", like)], ["gray"], own).workers, ["gray"]);
  });
}

test("all missing and unsuitable nodes are reported together", (t) => {
  const cordoned = node("gray", { spec: { unschedulable: true } });
  const { message } = t.throws(() => chooseWorkers([cordoned], ["gray", "pink"], own));
  t.regex(message, /node "gray" is cordoned .*; node "pink" is not in this cluster\./);
});

const foreign: [what: string, like: Like, key: string, value: string][] = [
  ["role", { labels: { role: "database" } }, "role", "database"],
  ["role, set since on a node of ours,", { uid: "uid-of-ours", labels: { role: "database" } }, "role", "database"],
  ["stack", { labels: { "pi-speedup/stack": "theirs" } }, "pi-speedup/stack", "theirs"],
  // In earlier releases, two stacks with one name, of two users or in two backends, had the same value.
  ["stack of the same name", { labels: { "pi-speedup/stack": "ours" } }, "pi-speedup/stack", "ours"],
  [
    "stack, put over ours,",
    { uid: "uid-of-ours", labels: { "pi-speedup/stack": "theirs" } },
    "pi-speedup/stack",
    "theirs",
  ],
];
for (const [what, like, key, value] of foreign) {
  for (const named of [["gray"], []]) {
    test(`the label of another ${what} on a ${named.length > 0 ? "named" : "found"} node is not taken over`, (t) => {
      const { message } = t.throws(() => chooseWorkers([node("gray", like)], named, own));
      assertFault(t, "label-foreign", message);
      t.true(message.startsWith(`The node "gray" has the label ${key}=${value}. This stack has not set it`), message);
      t.true(message.includes(`\`kubectl label node gray ${key}-\``), message);
    });
  }
}

test("foreign labels on several nodes are reported together", (t) => {
  const theirs = ["gray", "blue"].map((name) => node(name, { labels: { role: "database" } }));
  const { message } = t.throws(() => chooseWorkers(theirs, [], own));
  t.regex(
    message,
    /"gray" has the label role=database; .*"blue" has the label role=database\. This stack has not set them/,
  );
});

test("a label on a node that is not a worker does not matter", (t) => {
  const theirs = node("gray", { labels: { role: "database" } });
  t.deepEqual(chooseWorkers([theirs, blue], ["blue"], own).workers, ["blue"]);
});
