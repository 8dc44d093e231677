import test from "ava";
import { printableMessage } from "../../analysis/printable.js";
import { readSettings } from "../../components/config.ts";
import { exampleConfig } from "../helpers/example-config.ts";
import { assertFault } from "../helpers/faults.ts";

const defaults: Record<string, string> = { ...exampleConfig, samples: "10000000", rounds: "6" };

const read = (changed: Record<string, string | undefined> = {}) =>
  readSettings({ name: "pi-speedup", get: (key: string) => ({ ...defaults, ...changed })[key] });

test("the defaults are a valid configuration", (t) => {
  t.deepEqual(read(), {
    cluster: { kind: "embedded", agents: 3 },
    namespace: "pi-workload",
    createNamespace: true,
    job: "pi-calculation-job",
    workload: { image: "python:3.9-slim", samples: 10_000_000, rounds: 6, processes: 1, seed: "", timeout: 600 },
    baseline: { kind: "docker" },
    run: "1",
    require: [],
    study: null,
  });
});

const baselines = [
  ["docker", { kind: "docker" }],
  ["host", { kind: "host" }],
  ["worker", { kind: "worker", node: undefined }],
  ["worker:raspi-2025-gray", { kind: "worker", node: "raspi-2025-gray" }],
  ["1.52", { kind: "given", seconds: 1.52 }],
  ["2", { kind: "given", seconds: 2 }],
  ["0.05", { kind: "given", seconds: 0.05 }],
  ["10", { kind: "given", seconds: 10 }],
] as const;
for (const [text, mode] of baselines) {
  test(`baseline "${text}" is understood`, (t) => {
    t.deepEqual(read({ baseline: text }).baseline, mode);
  });
}

test("processes may be as many as cores", (t) => {
  t.is(read({ processes: "cores" }).workload.processes, "cores");
});

test("a stack on an existing cluster may use a namespace that it does not create", (t) => {
  t.false(read({ cluster: "kubeconfig", createNamespace: "false" }).createNamespace);
  t.false(read({ cluster: "ssh", master: "red", createNamespace: "false" }).createNamespace);
});

const clusters = [
  [{ cluster: "kubeconfig" }, { kind: "kubeconfig", path: "", context: "", workers: [] }],
  [
    { cluster: "kubeconfig", kubeconfig: "~/.kube/pi's file", context: "pi; reboot", workers: '["blue","gray.home"]' },
    { kind: "kubeconfig", path: "~/.kube/pi's file", context: "pi; reboot", workers: ["blue", "gray.home"] },
  ],
  [
    { cluster: "ssh", master: "red" },
    { kind: "ssh", master: "red", masterAddress: "", workers: [] },
  ],
  [
    { cluster: "ssh", master: "ssh://pi@red:2222", masterAddress: "fd00::1", workers: '["blue"]' },
    { kind: "ssh", master: "ssh://pi@red:2222", masterAddress: "fd00::1", workers: ["blue"] },
  ],
] as const;
for (const [settings, expected] of clusters) {
  test(`the cluster of ${JSON.stringify(settings)} is understood`, (t) => {
    t.deepEqual(read(settings).cluster, { ...expected });
  });
}

test("conditions are understood", (t) => {
  t.deepEqual(
    read({ require: '["throughputSpeedup >= 2","good"]' }).require.map(({ text }) => text),
    ["throughputSpeedup >= 2", "good"],
  );
});

const studies: [settings: Record<string, string>, study: object][] = [
  [{ study: "all" }, { counts: "all", kind: "weak", repeats: 3 }],
  [
    { study: "1,2,4", scaling: "strong", studyRepeats: "2" },
    { counts: [1, 2, 4], kind: "strong", repeats: 2 },
  ],
  [{ study: "4, 1" }, { counts: [1, 4], kind: "weak", repeats: 3 }],
];
for (const [settings, study] of studies) {
  test(`the study of ${JSON.stringify(settings)} is understood`, (t) => {
    t.like(read(settings).study, study);
  });
}

const wrongConditions: [require: string, found: string, command: string][] = [
  ['["good","overhead <= 5 s"]', '"overhead <= 5 s"', "--path 'pi-speedup:require[1]' CONDITION"],
  ['["spedup >= 2"]', '"spedup >= 2"', "--path 'pi-speedup:require[0]' CONDITION"],
  ["good", '"good"', "a list of conditions"],
  ['{"good":true}', '"{"good":true}"', "a list of conditions"],
  ["[2]", '"2"', "a condition such as"],
  [JSON.stringify(Array(101).fill("good")), '"', "at most 100 conditions"],
];
for (const [require, found, command] of wrongConditions) {
  test(`the conditions ${require.slice(0, 40)} are refused in one sentence that shows the one that is wrong`, (t) => {
    const { message } = t.throws(() => read({ require }));
    t.true(message.startsWith(`Invalid value ${found}`) && message.includes(" for pi-speedup:require. "), message);
    t.true(message.includes(command), message);
  });
}

const wrong: [key: string, value: string | undefined, allowed: string][] = [
  ["cluster", "minikube", '"embedded", "kubeconfig" or "ssh"'],
  ["agents", "0", "a whole number from 1 to 100"],
  ["agents", "three", "a whole number from 1 to 100"],
  ["agents", "2.5", "a whole number from 1 to 100"],
  ["samples", "-1", "a whole number from 1 to 1000000000000"],
  ["rounds", "0", "a whole number from 1 to 10000"],
  ["timeout", undefined, "a whole number from 1 to 604800"],
  ["processes", "many", '"cores" or a number from 1 to 9999'],
  ["baseline", "0", '"docker", "host", "worker", "worker:NAME" or a number of seconds above 0'],
  ["baseline", "0.0", '"docker", "host", "worker", "worker:NAME" or a number of seconds above 0'],
  ["baseline", "worker:$(reboot)", '"docker", "host", "worker", "worker:NAME" or a number of seconds above 0'],
  ["namespace", "Pi_Workload", "lower-case letters, digits and hyphens"],
  ["namespace", "a".repeat(64), "a name of at most 63 characters"],
  ["job", "a".repeat(46), "a name of at most 45 characters"],
  ["createNamespace", "no", '"true" or "false"'],
  ["createNamespace", undefined, '"true" or "false"'],
  ["image", "--privileged", "the name of a container image"],
  ["image", "python:3.9 slim", "the name of a container image"],
  ["kubeconfig", "a\nb", "text without control characters"],
  ["context", "a\u0007b", "text without control characters"],
  ["master", "-oProxyCommand=reboot", "a destination as for ssh"],
  ["master", "red; reboot", "a destination as for ssh"],
  ["master", "$(reboot)", "a destination as for ssh"],
  ["master", "red\nblue", "a destination as for ssh"],
  ["masterAddress", "https://red:6443", "a host name or IP address"],
  ["masterAddress", "red blue", "a host name or IP address"],
  ["masterAddress", "-red", "a host name or IP address"],
  ["workers", "blue", "a list of node names"],
  ["workers", '{"blue":1}', "a list of node names"],
  ["study", "some", "worker counts such as"],
  ["study", "1,1", "each of them once"],
  ["study", "0,1", "from 1 to"],
  ["scaling", "medium", '"weak" or "strong"'],
  ["studyRepeats", "1", "a whole number from 2 to 99"],
  ["seed", "a\nb", "text without control characters"],
  ["run", "\u0000", "text without control characters"],
];
for (const [key, value, allowed] of wrong) {
  test(`${key} = ${JSON.stringify(value)} is refused in one sentence that names the key and what is allowed`, (t) => {
    const error = t.throws(() => read({ [key]: value }));
    assertFault(t, value === undefined ? "config-missing" : "config-value", error.message);
    // As shown on the terminal.
    t.true(
      error.message.includes(` pi-speedup:${key}`) || error.message.startsWith(`pi-speedup:${key} `),
      error.message,
    );
    t.true(error.message.includes(allowed), error.message);
    // Escaped for the terminal.
    t.true(value === undefined || error.message.includes(printableMessage(`"${value}"`)), error.message);
  });
}

const faults: [id: string, settings: Record<string, string>][] = [
  ["ssh-without-master", { cluster: "ssh" }],
  ["create-namespace-embedded", { createNamespace: "false" }],
  ["config-value", { cluster: "ssh", master: "-oProxyCommand=reboot" }],
  ["config-value", { require: '["throughputSpeedup == 2"]' }],
  ["config-value", { require: '["throughputSpedup >= 2"]' }],
  ["config-value", { cluster: "kubeconfig", workers: '["blue","blue"]' }],
];
for (const [id, settings] of faults) {
  test(`${JSON.stringify(settings)} is told as documented (${id})`, (t) => {
    assertFault(t, id, t.throws(() => read(settings)).message);
  });
}

const wrongWorkers: [workers: string[], found: string, allowed: string][] = [
  [["Blue"], '"Blue"', "names of nodes"],
  [["blue", "--all"], '"--all"', "names of nodes"],
  [["blue..gray"], '"blue..gray"', "names of nodes"],
  [["a".repeat(254)], `"${"a".repeat(254)}"`, "at most 253 characters"],
  [["blue", "blue"], '"["blue","blue"]"', "without duplicates"],
];
for (const [workers, found, allowed] of wrongWorkers) {
  test(`workers ${found.slice(0, 20)} are refused in one sentence`, (t) => {
    const { message } = t.throws(() => read({ workers: JSON.stringify(workers) }));
    t.true(message.includes(" for pi-speedup:workers. "), message);
    t.true(message.includes(found) && message.includes(allowed), message);
  });
}

/** What a shell, YAML, or an option parser could take for more than text. */
const hostile = ["$(reboot)", "`reboot`", "'; reboot; '", '"\nkind: Pod\n', "--privileged", "a\nb", "{{.}}", "- x: y"];
const stringKeys = Object.keys(defaults).filter((key) => !["agents", "samples", "rounds", "timeout"].includes(key));
for (const key of stringKeys) {
  test(`${key} takes a hostile value for nothing but text, or refuses it`, (t) => {
    for (const value of hostile) {
      try {
        const found = JSON.stringify(read({ cluster: "kubeconfig", [key]: value }));
        t.true(found.includes(JSON.stringify(value)), found);
      } catch (error) {
        t.true(error instanceof Error && error.message.includes(` for pi-speedup:${key}. `), String(error));
      }
    }
  });
}
