// Every parser of external text, with mutated real inputs and with generated ones: it returns a value, or throws its
// declared failure, and nothing else. Accepted values are then used as the program uses them.
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { dump } from "js-yaml";
import * as v from "valibot";
import { assess } from "../../analysis/assessment.ts";
import { Failure } from "../../analysis/failure.js";
import { InvalidOutput, parseLog } from "../../analysis/pod-output.ts";
import { collectionSchema, singleMachineSchema } from "../../analysis/records.ts";
import { nodeSchema } from "../../components/cluster/existing/inspect.ts";
import { chooseContext, parseKubeconfig, serializeContext } from "../../components/cluster/existing/kubeconfig.ts";
import { chooseWorkers } from "../../components/cluster/existing/nodes.ts";
import { parseSentKubeconfig } from "../../components/cluster/existing/ssh.ts";
import { explainSsh } from "../../components/cluster/existing/ssh-fault.ts";
import { readSettings } from "../../components/config.ts";
import { parseToolAnswer } from "../../components/host/tool-answer.ts";
import { shaped, UnusableAnswer } from "../../components/kubernetes/answers.ts";
import { faultOf, pullSeconds, readPod } from "../../components/measurement/collector/pod-state.ts";
import { Stopwatch } from "../../components/measurement/collector/stopwatch.ts";
import { csvOf } from "../../report/history/csv.ts";
import { entryOf, lineOf, parseHistory } from "../../report/history/entries.ts";
import { historyText } from "../../report/history/text.ts";
import { reportPage } from "../../report/html/page.ts";
import { measurementIn } from "../../report/outputs.ts";
import { summarize } from "../../report/summary.ts";
import { parseArguments } from "../../scripts/stack/arguments.ts";
import { readRequirements } from "../../scripts/stack/requirements.ts";
import { anyText } from "../helpers/any-text.ts";
import { exampleConfig } from "../helpers/example-config.ts";
import { entry, formerEntry } from "../helpers/example-history.ts";
import { example } from "../helpers/example-measurement.ts";
import { nodeRecord } from "../helpers/example-records.ts";
import { kubeconfigOf } from "../helpers/fake-api-server.ts";
import { containerIn, logOf, podOf } from "../helpers/fake-cluster.ts";
import { distorted, fuzz, mutated } from "../helpers/fuzz.ts";

const anything = fc.oneof(anyText({ maxLength: 300 }), fc.json({ maxDepth: 4 }));
const isFailure = (error: unknown) => error instanceof Failure;
const isInvalid = (error: unknown) => error instanceof InvalidOutput;
const isUnusable = (error: unknown) => error instanceof UnusableAnswer;
const isError = (error: unknown) => isFailure(error) || (error instanceof Error && error.constructor === Error);

// ——— Records ———

const asked = { samples: 1_000_000, rounds: 3, processes: 1, seed: "" };
const parse = (log: string) => parseLog(log, { source: "the pod", expected: { index: 0, node: "node-0" }, asked });
const record = (value: unknown) => {
  const [line] = logOf(0).split("\n");
  return `${line}\n${JSON.stringify(value)}\n`;
};
test.serial("logs, mutated", (t) => fuzz(t, mutated([logOf(0)]), parse, isInvalid));
test.serial("logs, made up", (t) => fuzz(t, anything, parse, isInvalid, true));
test.serial("records, distorted", (t) =>
  fuzz(t, distorted([JSON.parse(logOf(0).split("\n")[1] ?? "")]).map(record), parse, isInvalid),
);

test.serial("the collector's document, distorted, and what is made of it", (t) => {
  const { nodes, timeline, baseline } = example();
  const collection = { nodes, timeline, logs: nodes.map(() => "Node x: π ≈ 3.1, Time: 1.0s") };
  return fuzz(
    t,
    distorted([{ collection, baseline }]),
    (value) => {
      const parsed = v.parse(v.object({ collection: collectionSchema, baseline: singleMachineSchema }), value);
      summarize(assess(parsed.collection, parsed.baseline));
    },
    (error) => error instanceof v.ValiError,
  );
});

let measured = 0;
test.serial("a stack's outputs, distorted, and the page, the history and the table that are made of them", (t) =>
  fuzz(
    t,
    distorted([example(), example({ single: { mode: "given", seconds: 1.5 } }), example({ foundFinished: true })]),
    (value) => {
      const measurement = measurementIn(value, "dev");
      if (measurement === undefined) throw new Error("nothing was measured");
      const { entries, faults } = parseHistory(lineOf(entryOf(measurement, "dev", {})));
      if (faults.length > 0) throw new TypeError(`an entry of ours can't be read: ${faults[0]?.why}`);
      historyText(entries, "UTC");
      csvOf(entries);
      // The charts cost most of the time.
      if (measured++ % 50 === 0) reportPage({ stack: "dev", measurement, tools: {}, earlier: [] });
    },
    isError,
  ),
);

const rows = [
  [250, 2_500, 20_000, 20_500, 1.5],
  [null, null, null, null, null],
];
const restore = (stored: string) => {
  const watch = new Stopwatch();
  if (!watch.restore("1764000000.125", stored, 2)) throw new InvalidOutput("log-wrong", "not restored");
  const nodes = [0, 1].map((index) => nodeRecord({ index, seconds: [1], started: 1_764_000_003 }));
  watch.timeline(nodes, [null, null]);
};
test.serial("the timeline on the Job, mutated", (t) => fuzz(t, mutated([JSON.stringify(rows)]), restore, isInvalid));
test.serial("the timeline on the Job, distorted", (t) =>
  fuzz(
    t,
    distorted([rows]).map((value) => JSON.stringify(value) ?? ""),
    restore,
    isInvalid,
  ),
);
test.serial("the moment of the release on the Job, mutated", (t) =>
  fuzz(
    t,
    mutated(["1764000000.125", "946684800.000"]),
    (released) => {
      if (!new Stopwatch().restore(released, "[]", 0)) throw new InvalidOutput("log-wrong", "not restored");
    },
    isInvalid,
  ),
);

// ——— Kubeconfigs ———

const local = `apiVersion: v1
kind: Config
current-context: home
clusters:
- name: home
  cluster: &home { server: "https://red:6443", certificate-authority-data: Y2E= }
- { name: again, cluster: *home }
users:
- name: pi
  user:
    exec: { apiVersion: client.authentication.k8s.io/v1, command: get-token, env: [{ name: A, value: b }] }
contexts:
- { name: home, context: { cluster: home, user: pi, namespace: x } }
`;
const k3s = kubeconfigOf("https://127.0.0.1:6443", "only", { "certificate-authority-data": "Y2E=" });
const useLocal = (text: string) => {
  const { name, context, cluster, user } = chooseContext(parseKubeconfig(text, "/home/pi/config"), "");
  const written = serializeContext(name, context, cluster.value, user.value);
  if (written.length > 20_000_000) throw new TypeError(`${written.length} characters of ${text.length}`);
  // What we write we can read.
  chooseContext(parseKubeconfig(written, "ours"), "");
};
test.serial("kubeconfigs of this machine, mutated", (t) => fuzz(t, mutated([local, k3s]), useLocal, isFailure));
test.serial("kubeconfigs of this machine, distorted", (t) =>
  fuzz(
    t,
    distorted([JSON.parse(k3s)]).map((value) => dump(value, { skipInvalid: true })),
    useLocal,
    isFailure,
  ),
);
test.serial("kubeconfigs of another machine, mutated", (t) =>
  fuzz(
    t,
    mutated([k3s, dump(JSON.parse(k3s)), local]),
    (text) => {
      const { cluster } = parseSentKubeconfig(text, "red");
      if (!cluster.value.server.startsWith("https://")) throw new TypeError(cluster.value.server);
      new URL(cluster.value.server);
    },
    isFailure,
  ),
);
test.serial("what ssh and the other machine say, mutated", (t) =>
  fuzz(
    t,
    fc.oneof(mutated(["sudo: a password is required\n", "Host key for red has changed\r\n"]), anything),
    (stderr) => {
      const { id, text } = explainSsh({ code: 255, stderr, master: "red", file: "/x" });
      throw new Failure(id, text);
    },
    isFailure,
    true,
  ),
);

// ——— Answers of API servers ———

const podObjects = [
  podOf(0, { phase: "Succeeded", containerStatuses: containerIn({ terminated: { exitCode: 0 } }) }),
  podOf(1, {
    phase: "Pending",
    containerStatuses: containerIn({ waiting: { reason: "ImagePullBackOff", message: "no" } }),
  }),
  podOf(2, { phase: "Running", conditions: [{ type: "DisruptionTarget", status: "True", reason: "X", message: "y" }] }),
];
test.serial("pods, distorted, and what is said of them", (t) =>
  fuzz(
    t,
    distorted(podObjects.map((pod) => JSON.parse(JSON.stringify(pod)))),
    (value) => faultOf(readPod(value), "the last words"),
    isUnusable,
  ),
);
const node = {
  metadata: { name: "blue", labels: { role: "worker" } },
  spec: { taints: [{ key: "a", value: "b", effect: "NoSchedule" }], unschedulable: false },
  status: {
    allocatable: { pods: "110", cpu: "4", memory: "1Gi" },
    conditions: [{ type: "Ready", status: "True", reason: "r", message: "m" }],
  },
};
test.serial("nodes, distorted, and whether they are fit", (t) =>
  fuzz(
    t,
    distorted([node, { ...node, spec: {} }]),
    // What the client has made of JSON; the schema is what makes it V1Node's.
    (value) =>
      chooseWorkers([shaped(nodeSchema, value as typeof node, "the node")], [], {
        stackValue: "ours",
        recorded: { uids: new Set(), stackValue: undefined },
      }),
    (error) => isUnusable(error) || isFailure(error),
  ),
);
test.serial("words of events, mutated", (t) =>
  fuzz(
    t,
    mutated(['Successfully pulled image "x" in 1m2.5s (1m2.5s including waiting)', "in 512ms", "already present"]),
    (message) => {
      const seconds = pullSeconds({ uid: "u" }, [{ involvedObject: { uid: "u" }, reason: "Pulled", message }]);
      if (seconds === null) throw new InvalidOutput("log-wrong", "no event tells");
      if (!(seconds >= 0 && seconds < 1e8)) throw new TypeError(String(seconds));
    },
    isInvalid,
  ),
);

// ——— Files, configuration, other programs ———

const lines = [entry(1), entry(2), formerEntry(3)].map(lineOf);
const useHistory = (text: string) => {
  const { entries, faults } = parseHistory(text);
  historyText(entries, "UTC");
  csvOf(entries);
  if (faults.length > 0) throw new InvalidOutput("log-wrong", "some lines can't be read");
};
test.serial("lines of the history, mutated", (t) =>
  fuzz(t, mutated([...lines, lines.join("")]), useHistory, isInvalid),
);
test.serial("lines of the history, distorted", (t) =>
  fuzz(
    t,
    distorted([entry(1), formerEntry(3)]).map((value) => `${lines[0]}${JSON.stringify(value)}\n`),
    useHistory,
    isInvalid,
  ),
);

const project = readFileSync("Pulumi.yaml", "utf8");
const stackFile =
  "config:\n  pi-speedup:cluster: ssh\n  pi-speedup:baseline: 1.52\n  pi-speedup:workers: [a, b]\nencryptionsalt: v1:abc=\n";
test.serial("a stack's file, mutated", (t) =>
  fuzz(t, fc.oneof(mutated([stackFile]), anything), (text) => readRequirements(project, text, []), isFailure),
);

const key = fc.constantFrom(...Object.keys(exampleConfig));
const values = ["worker:red", "1.52", '["a","b"]', "pi@red", "python:3.9-slim", "10000000", "cores", "~/.kube/config"];
test.serial("configuration, mutated", (t) =>
  fuzz(
    t,
    fc.dictionary(key, fc.oneof(mutated(values), fc.constantFrom(...values), anything), { minKeys: 1, maxKeys: 4 }),
    (changed) => readSettings({ name: "pi-speedup", get: (name) => ({ ...exampleConfig, ...changed })[name] }),
    // Every id with which `readSettings` can refuse such settings.
    (error) => error instanceof Error && / \[(config-value|create-namespace-embedded)\]$/.test(error.message),
  ),
);
test.serial("arguments of the scripts, mutated", (t) =>
  fuzz(
    t,
    fc.array(
      fc.oneof(mutated(["--stack=dev", "--stack", "-s", "a/pi-speedup/b", "-v=9", "--config", "--"]), anything),
      { maxLength: 5 },
    ),
    (args) => parseArguments(args),
    (error) => isError(error) || isFailure(error),
  ),
);

const container = { id: "1", name: "k3d-x-server-0", folder: "/home", stack: "dev", state: "running" };
const containerSchema = v.object(v.entriesFromList(["id", "name", "folder", "stack", "state"], v.string()));
test.serial("what Docker, k3d and Pulumi print as JSON, mutated", (t) =>
  fuzz(
    t,
    mutated([JSON.stringify(container)]),
    (stdout) => parseToolAnswer(containerSchema, "docker ps", stdout),
    isFailure,
  ),
);

test.serial(
  "a hundred thousand opening brackets of any kind are refused, and fill neither the stack nor the memory",
  (t) => {
    for (const unit of ["[", "{", "- ", "a: ", "&a ", "*a ", '"', "?", "! "]) {
      const text = unit.repeat(100_000);
      for (const use of [useLocal, useHistory, (each: string) => readRequirements(project, each, []), parse, restore]) {
        const error = t.throws(() => use(text));
        t.true(isFailure(error) || isInvalid(error), String(error));
      }
    }
  },
);
