import test from "ava";
import { readSettings } from "../../components/config.ts";

const defaults: Record<string, string> = {
  cluster: "embedded",
  agents: "3",
  namespace: "pi-workload",
  job: "pi-calculation-job",
  image: "python:3.9-slim",
  samples: "10000000",
  rounds: "6",
  processes: "1",
  seed: "",
  baseline: "docker",
  run: "1",
  timeout: "600",
};

const read = (changed: Record<string, string | undefined> = {}) =>
  readSettings({ name: "pi-speedup", get: (key: string) => ({ ...defaults, ...changed })[key] });

test("the defaults are a valid configuration", (t) => {
  t.deepEqual(read(), {
    cluster: { kind: "embedded", agents: 3 },
    namespace: "pi-workload",
    job: "pi-calculation-job",
    workload: { image: "python:3.9-slim", samples: 10_000_000, rounds: 6, processes: 1, seed: "", timeout: 600 },
    baseline: { kind: "docker" },
    run: "1",
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
  test(`baseline «${text}» is understood`, (t) => {
    t.deepEqual(read({ baseline: text }).baseline, mode);
  });
}

test("processes may be as many as there are cores", (t) => {
  t.is(read({ processes: "cores" }).workload.processes, "cores");
});

const wrong: [key: string, value: string | undefined, allowed: string][] = [
  ["cluster", "minikube", "«embedded», «kubeconfig» or «ssh»"],
  ["agents", "0", "a whole number from 1 to 100"],
  ["agents", "three", "a whole number from 1 to 100"],
  ["agents", "2.5", "a whole number from 1 to 100"],
  ["samples", "-1", "a whole number from 1 to 1000000000000"],
  ["rounds", "0", "a whole number from 1 to 10000"],
  ["timeout", undefined, "a whole number from 1 to 604800"],
  ["processes", "many", "«cores», or a number from 1 to 9999"],
  ["baseline", "0", "«docker», «host», «worker», «worker:NAME», or a number of seconds above 0"],
  ["baseline", "0.0", "«docker», «host», «worker», «worker:NAME», or a number of seconds above 0"],
  ["baseline", "worker:$(reboot)", "«docker», «host», «worker», «worker:NAME», or a number of seconds above 0"],
  ["namespace", "Pi_Workload", "lower-case letters, digits and «-»"],
  ["namespace", "a".repeat(64), "a name of at most 63 characters"],
  ["job", "a".repeat(55), "a name of at most 54 characters"],
  ["image", "--privileged", "the name of a container image"],
  ["image", "python:3.9 slim", "the name of a container image"],
  ["seed", "a\nb", "text without control characters"],
  ["run", "\u0000", "text without control characters"],
];
for (const [key, value, allowed] of wrong) {
  test(`${key} = ${JSON.stringify(value)} is refused in one sentence that names the key and what is allowed`, (t) => {
    const error = t.throws(() => read({ [key]: value }));
    t.true(error.message.startsWith(`Config key pi-speedup:${key}: `), error.message);
    t.true(error.message.includes(allowed), error.message);
    t.true(error.message.includes(value === undefined ? "nothing is set" : `«${value}»`), error.message);
  });
}

test("a cluster that is not the stack's own is refused until it is built", (t) => {
  t.regex(t.throws(() => read({ cluster: "ssh" })).message, /pi-speedup:cluster: «ssh» is not built yet/);
});
