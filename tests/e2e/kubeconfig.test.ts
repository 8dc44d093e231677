// A cluster that the stack did not create, by kubeconfig: what its owner finds on it before, during and after, with the
// minimum of documented permissions.
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { load } from "js-yaml";
import { withoutSidecars } from "../../components/workload/without-sidecars.ts";
import { run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { isAtLeast } from "../../toolchain/versions.ts";
import { askApi } from "../helpers/api-request.ts";
import { assertFault } from "../helpers/faults.ts";
import {
  beyondNamespace,
  type Forbidden,
  jobLike,
  makingNamespace,
  ofNamespace,
  withinNamespace,
} from "../helpers/forbidden-requests.ts";
import { type ForeignCluster, foreignCluster } from "../helpers/foreign-cluster.ts";
import {
  commandIn,
  exported,
  outputs,
  pulumi,
  type Result,
  removeRemains,
  script,
  stack,
  stackFile,
} from "../helpers/stack.ts";

let cluster: ForeignCluster;
let server: string;
let authority: string;
/** Of a service account with the rights in docs/rbac.yaml. */
let token: string;
let labelsBefore: string;
const folder = mkdtempSync(join(tmpdir(), "pi-speedup-e2e-"));
const file = (name: string, content: string | object, mode = 0o600) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  chmodSync(path, mode);
  return path;
};

interface Parts {
  cluster?: object;
  user?: object;
}
/** A kubeconfig of the service account, but for what is given. */
const kubeconfig = ({ cluster: way, user }: Parts = {}) => ({
  "current-context": "pi",
  clusters: [{ name: "home", cluster: way ?? { server, "certificate-authority-data": authority } }],
  users: [{ name: "pi", user: user ?? { token } }],
  contexts: [{ name: "pi", context: { cluster: "home", user: "pi" } }],
});

const settings = (kubeconfig: string, workers: readonly string[] = []) => [
  "--config-path",
  "--config=pi-speedup:cluster=kubeconfig",
  `--config=pi-speedup:kubeconfig=${kubeconfig}`,
  ...workers.map((worker, i) => `--config=pi-speedup:workers[${i}]=${worker}`),
  "--config=pi-speedup:baseline=worker",
  `--config=pi-speedup:image=${cluster.image}`,
  "--config=pi-speedup:samples=50000",
];

function succeeded(t: ExecutionContext, result: Result): void {
  t.is(result.code, 0, `${result.stdout}\n${result.stderr}`);
}

/** Pulumi's plugin goes on when it may not watch what it would like to, and says so. */
function nothingRefused(t: ExecutionContext, { stdout, stderr }: Result): void {
  t.notRegex(`${stdout}${stderr}`, /forbidden/i);
}

const labels = () =>
  cluster.kubectl("get", "nodes", "--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.labels}{'\\n'}{end}");
const namespaces = () => cluster.kubectl("get", "namespaces", "--output=name");
/** Ids of what is on the cluster, and of the provider that leads there. */
async function identities(): Promise<Record<string, string>> {
  const { resources } = await exported();
  const there = resources.filter(({ urn }) => /kubernetes/.test(urn));
  return Object.fromEntries(there.map(({ urn, created }) => [urn.split("::").slice(2).join(" "), created ?? ""]));
}

/** A Job and a pod of somebody else. */
const theirPod = { restartPolicy: "Never", containers: [{ name: "theirs", image: "nothing:none" }] };
const theirs = {
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "theirs", namespace: "others" },
      spec: { suspend: true, template: { spec: theirPod } },
    },
    { apiVersion: "v1", kind: "Pod", metadata: { name: "theirs", namespace: "others" }, spec: theirPod },
  ],
};

const asUser = () => ({ server, authority, token });

/** Tries each with the user's token, and finds nothing changed. */
async function allRefused(t: ExecutionContext, tried: readonly Forbidden[]): Promise<void> {
  const before = [await labels(), await namespaces()];
  for (const [what, request, said] of tried) {
    const { code, message } = await askApi(asUser(), request);
    t.is(code, 403, `${what}: ${message}`);
    if (said !== undefined) t.regex(message, said, what);
  }
  t.deepEqual([await labels(), await namespaces()], before);
}

/** Where stubs of programs that this stack must not need tell that they were called. */
const called = join(folder, "called");
const pathBefore = process.env.PATH;

test.serial.before("there is a cluster, with someone else's label", async () => {
  await removeRemains();
  cluster = await foreignCluster();
  const { clusters } = load(cluster.kubeconfig) as { clusters: { cluster: Record<string, string> }[] };
  server = clusters[0]?.cluster.server ?? "";
  authority = clusters[0]?.cluster["certificate-authority-data"] ?? "";
  await cluster.apply(readFileSync("docs/rbac.yaml", "utf8"));
  token = (await cluster.kubectl("create", "token", "pi-speedup")).trim();
  await cluster.kubectl("label", "node", cluster.agents[0] ?? "", "role=worker");
  await cluster.kubectl("create", "namespace", "others");
  await cluster.apply(JSON.stringify(theirs));
  labelsBefore = await labels();
  const stubs = mkdtempSync(join(folder, "path-"));
  for (const name of ["docker", "k3d"]) {
    writeFileSync(join(stubs, name), `#!/bin/sh\necho ${name} "$@" >> ${called}\nexit 1\n`);
    chmodSync(join(stubs, name), 0o755);
  }
  process.env.PATH = [stubs, pathBefore].join(delimiter);
});

test.serial.after.always("nothing is left, whatever happened", async () => {
  process.env.PATH = pathBefore;
  await removeRemains();
  await cluster.remove();
  rmSync(folder, { recursive: true });
});

/** Each with what it needs to be so, what is said, and what undoes it. */
const faults: [
  id: string,
  what: string,
  settings: () => string[] | Promise<string[]>,
  said: RegExp,
  undo?: () => Promise<unknown>,
][] = [
  [
    "worker-unfit",
    "a node that is cordoned",
    async () => {
      await cluster.kubectl("cordon", cluster.agents[1] ?? "");
      return settings(file("config", kubeconfig()), cluster.agents);
    },
    /pi-speedup:workers can be workers: node "\S+-agent-1" is cordoned \(`kubectl uncordon \S+-agent-1` opens it\)/,
    () => cluster.kubectl("uncordon", cluster.agents[1] ?? ""),
  ],
  [
    "label-foreign",
    "a role that is somebody else's",
    async () => {
      await cluster.kubectl("label", "node", cluster.agents[1] ?? "", "role=database");
      return settings(file("config", kubeconfig()));
    },
    /The node "\S+-agent-1" has the label role=database\. .*`kubectl label node \S+-agent-1 role-`/,
    () => cluster.kubectl("label", "node", cluster.agents[1] ?? "", "role-"),
  ],
  [
    "namespace-foreign",
    "a namespace that is somebody else's",
    async () => {
      await cluster.kubectl("create", "namespace", "pi-workload");
      return settings(file("config", kubeconfig()));
    },
    /Namespace "pi-workload" already exists and does not belong to this stack/,
    () => cluster.kubectl("delete", "namespace", "pi-workload"),
  ],
  [
    "forbidden",
    "a user without rights",
    async () => {
      const nobody = (await cluster.kubectl("create", "token", "default")).trim();
      return settings(file("config", kubeconfig({ user: { token: nobody } })));
    },
    /because user "system:serviceaccount:default:default" may not get namespaces\. .*docs\/rbac\.yaml/,
  ],
  [
    "credentials-refused",
    "a token that nobody knows",
    () => settings(file("config", kubeconfig({ user: { token: "e30.e30.x" } }))),
    /does not accept these credentials/,
  ],
  [
    "api-certificate",
    "a certificate of another authority",
    () => settings(file("config", kubeconfig({ cluster: { server } }))),
    /presented an unexpected certificate at https:\S+/,
  ],
];
for (const [id, what, settingsOf, said, undo] of faults) {
  test.serial(`${what} is said in one sentence, and nothing is made`, async (t) => {
    const before = await namespaces();
    const given = await settingsOf();
    try {
      const { code, stdout, stderr } = await script("up", ...given);
      t.not(code, 0);
      t.regex(`${stdout}${stderr}`, said);
      assertFault(t, id, stdout);
      t.deepEqual(await identities(), {});
      t.notRegex(await labels(), /pi-speedup\/stack/);
    } finally {
      await undo?.();
    }
    t.is(await namespaces(), before);
    t.is(await labels(), labelsBefore);
  });
}

test.serial("the user can create the namespace only as the stack does", async (t) => {
  await allRefused(t, makingNamespace("pi-workload").absent);
});

test.serial("the user can't take over someone else's namespace with the stack's name", async (t) => {
  await cluster.kubectl("create", "namespace", "pi-workload");
  await allRefused(t, makingNamespace("pi-workload").foreign);
  await cluster.kubectl("delete", "namespace", "pi-workload");
});

test.serial(
  "with the documented rights and a kubeconfig in two files of $KUBECONFIG the cluster is measured",
  async (t) => {
    const { contexts, ...rest } = kubeconfig();
    process.env.KUBECONFIG = [file("contexts", { contexts }), file("rest", rest)].join(delimiter);
    const up = await script("up", ...settings("", cluster.agents.slice(0, 1)));
    succeeded(t, up);
    nothingRefused(t, up);
    delete process.env.KUBECONFIG;
    // Whether something of a former run is left may be looked at.
    t.notRegex(existsSync(called) ? readFileSync(called, "utf8") : "", /^(k3d|docker (?!ps |version))/m);
    t.deepEqual(
      (await outputs()).nodes.map(({ node }) => node),
      cluster.agents.slice(0, 1),
    );
    const during = (await labels()).split("\n");
    t.deepEqual(
      during.map((line) => /"role":"worker"/.test(line) && /"pi-speedup\/stack":"[0-9a-f]{16}"/.test(line)),
      [true, false, false, false],
    );
  },
);

test.serial("what keeps meshes and agents out of the pods passes the policies, and is on the pods", async (t) => {
  const job = "--selector=job-name=pi-calculation-job";
  const found = await cluster.kubectl("get", "pods", "--namespace=pi-workload", job, "--output=json");
  const { items } = JSON.parse(found) as { items: { metadata: object }[] }; // kubectl's own form of a list
  t.is(items.length, 1);
  for (const { metadata } of items) t.like(metadata, withoutSidecars);
});

test.serial("the user can't change nodes or other people's objects, except for workers' labels", async (t) => {
  await allRefused(t, beyondNamespace(cluster.agents[0] ?? "", "others"));
});

test.serial("in its own namespace the user can only run restricted Jobs", async (t) => {
  const node = cluster.agents[0] ?? "";
  await allRefused(t, [...ofNamespace("pi-workload"), ...withinNamespace("pi-workload", node)]);
});

test.serial("a Job of privileged pods in the user's namespace gets no pod", async (t) => {
  const path = "/apis/batch/v1/namespaces/pi-workload/jobs";
  const privileged = jobLike({}, { securityContext: { privileged: true } });
  t.is((await askApi(asUser(), { method: "POST", path, body: privileged })).code, 201);
  const events = () =>
    cluster.kubectl(
      "get",
      "events",
      "--namespace=pi-workload",
      "--field-selector=reason=FailedCreate",
      "--output=json",
    );
  let refused = "";
  for (let i = 0; i < 50 && !refused.includes("violates PodSecurity"); i++) refused = await events();
  t.regex(refused, /violates PodSecurity \\?"restricted:latest\\?"/);
  t.is((await askApi(asUser(), { method: "DELETE", path: `${path}/trial` })).code, 200);
});

/** Which Job tried the workers: another uid is another check. */
const checkJob = () =>
  cluster.kubectl(
    "get",
    "job",
    "--namespace=pi-workload",
    "pi-calculation-job-check",
    "--output=jsonpath={.metadata.uid}",
  );

test.serial("the workers were checked first, so that no image pull falls into the measurement", async (t) => {
  const times = await cluster.kubectl(
    "get",
    "jobs",
    "--namespace=pi-workload",
    "--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.creationTimestamp}{'\\n'}{end}",
  );
  const created = Object.fromEntries(
    times
      .trim()
      .split("\n")
      .map((line) => line.split(" ")),
  );
  const [check = "", job = ""] = [created["pi-calculation-job-check"], created["pi-calculation-job"]];
  t.true(check !== "" && check < job, times);
  t.deepEqual(
    (await outputs()).timeline.pods.map(({ pull }) => pull),
    [0],
  );
});

test.serial("changing run, samples or rounds does not check them again", async (t) => {
  const before = await checkJob();
  const given = settings(file("config", kubeconfig()), cluster.agents.slice(0, 1));
  const others = given.map((each) => each.replace("samples=50000", "samples=60000"));
  succeeded(t, await script("up", ...others, "--config=pi-speedup:run=again", "--config=pi-speedup:rounds=3"));
  t.is(await checkJob(), before);
  succeeded(t, await script("up", ...given));
  t.is(await checkJob(), before);
});

test.serial("the same again changes nothing", async (t) => {
  const given = settings(file("config", kubeconfig()), cluster.agents.slice(0, 1));
  succeeded(t, await script("up", ...given, "--expect-no-changes"));
});

test.serial("other credentials, by a program, and another address of the same cluster replace nothing", async (t) => {
  const before = await identities();
  file(
    "get-token",
    `#!/bin/sh\necho '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"${token}"}}'\n`,
    0o700,
  );
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./get-token", interactiveMode: "Never" };
  file("ca.crt", Buffer.from(authority, "base64").toString());
  const way = { server: server.replace("127.0.0.1", "localhost"), "certificate-authority": "ca.crt" };
  const other = file("other", kubeconfig({ cluster: way, user: { exec } }));
  succeeded(t, await script("up", ...settings(other, cluster.agents.slice(0, 1))));
  t.deepEqual(await identities(), before);
});

test.serial("replacing a worker replaces the Job, and restores the previous worker's label", async (t) => {
  const before = await identities();
  const given = settings(file("config", kubeconfig()), cluster.agents.slice(1));
  succeeded(t, await script("up", ...given));
  const after = await identities();
  for (const name of ["check", "pi", "baseline-before", "baseline-after"]) {
    const job = Object.keys(after).find((each) => each.endsWith(`$kubernetes:batch/v1:Job ${name}`)) ?? name;
    t.true(job in before);
    t.not(after[job], before[job]);
  }
  t.deepEqual(
    (await outputs()).nodes.map(({ node }) => node),
    cluster.agents.slice(1),
  );
  const [first, second] = (await labels()).split("\n");
  t.is(first, labelsBefore.split("\n")[0]);
  t.regex(second ?? "", /pi-speedup\/stack/);
});

test.serial("a control plane is a worker if it is named, as in a cluster with one node", async (t) => {
  succeeded(t, await script("up", ...settings(file("config", kubeconfig()), [cluster.server])));
  t.deepEqual(
    (await outputs()).nodes.map(({ node }) => node),
    [cluster.server],
  );
});

test.serial("text that looks like code in a path, a context, a seed and a run is never executed", async (t) => {
  // Short, since a name in the file system may have 255 bytes, and the command appears in it three times.
  const trap = `/tmp/pi-speedup-trap-${process.pid}`;
  const touch = `touch ${trap}`;
  const hostile = `'"; ${touch}; $(${touch}) \`${touch}\` --flag {a: b} $(NODE_NAME)`;
  const text = JSON.stringify(kubeconfig()).replaceAll('"pi"', JSON.stringify(hostile));
  const path = file(hostile.replaceAll("/", "_"), text);
  const given = settings(path, [cluster.server]);
  const more = ["context", "seed", "run"].map((key) => `--config=pi-speedup:${key}=${hostile}`);
  succeeded(t, await script("up", ...given, ...more));
  const [node] = (await outputs()).nodes;
  t.is(node?.seed, hostile);
  t.false(existsSync(trap));
});

test.serial("credentials are in no log, process list, temporary file or plain state", async (t) => {
  const secrets = [token, token.split(".")[2] ?? token, Buffer.from(token).toString("base64").slice(8, 80)];
  const holds = (content: string) => secrets.some((secret) => content.includes(secret));
  const { env } = await prepareTools({ k3d: false });
  const hides = isAtLeast((await run("pulumi", ["version"], { env })).stdout.trim().replace(/^v/, ""), "3.274.0");
  const verbose = ["--logtostderr", `-v=${hides ? 9 : 6}`];
  const temporary = mkdtempSync(join(folder, "tmp-"));
  const args = [...verbose, ...settings(file("config", kubeconfig())), "--config=pi-speedup:run=2", "--stack", stack];
  const child = spawn("npm", ["run", "--silent", "up", "--", ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const leaks = new Set<string>();
  let looks = 0;
  const others = () => [...processesWith(holds), ...filesWith(temporary, holds), ...filesReadableByOthers()];
  const watch = setInterval(() => {
    looks++;
    for (const leak of others()) leaks.add(leak);
  }, 100);
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  clearInterval(watch);
  t.is(code, 0, stdout);
  t.true(looks > 10 && stderr.length > 10_000, "there was something to look at");
  const lines = `${stdout}\n${stderr}`.split("\n").filter(holds);
  t.is(lines.length, 0, `the first one begins: ${lines[0]?.slice(0, 200)}`);
  t.deepEqual([...leaks], []);
  t.deepEqual(
    [...filesWith(resolve(".pi-speedup", "state"), holds), ...filesWith(resolve(".pi-speedup", "tmp"), holds)],
    [],
  );
});

test.serial("after `pulumi stack rename` namespace, nodes and Jobs still belong to the stack", async (t) => {
  // As in the last deployment.
  const given = [...settings(file("config", kubeconfig())), "--config=pi-speedup:run=2"];
  const renamed = `${stack}-renamed`;
  succeeded(t, await pulumi("stack", "rename", renamed, "--stack", stack));
  try {
    const shared = [`--config-file=${stackFile}`, ...given, "--expect-no-changes"];
    const { code, stdout } = await pulumi("preview", "--stack", renamed, ...shared);
    t.is(code, 0, stdout);
  } finally {
    succeeded(t, await pulumi("stack", "rename", stack, "--stack", renamed));
  }
});

test.serial("Pulumi's own log at a level at which it shows secrets is refused (verbose-secrets)", async (t) => {
  const older = mkdtempSync(join(folder, "older-"));
  // A CLI as it was before it hid them, by its version.
  writeFileSync(join(older, "pulumi"), "#!/bin/sh\necho v3.229.0\n", { mode: 0o755 });
  const env = { ...process.env, PATH: `${older}:${process.env.PATH}` };
  for (const level of [["-v=7"], ["-v", "11"], ["--verbose=9"]]) {
    const { code, stderr } = await commandIn(env, "npm", "run", "--silent", "up", "--", ...level, "--stack", stack);
    t.is(code, 1);
    assertFault(t, "verbose-secrets", stderr);
  }
});

/** What Pulumi and its plugins put aside while they run is for the user alone. */
function filesReadableByOthers(): string[] {
  const place = join(".pi-speedup", "tmp");
  return existsSync(place) && (statSync(place).mode & 0o077) !== 0 ? [place] : [];
}

/** Command lines and environments of all processes, without the test's own. */
function* processesWith(holds: (content: string) => boolean): Generator<string> {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    for (const part of ["cmdline", "environ"]) {
      try {
        if (holds(readFileSync(`/proc/${pid}/${part}`, "utf8"))) yield `process ${pid}: ${part}`;
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

/** Files below a folder, but for the tests' own folders among the temporary ones. */
function* filesWith(folder: string, holds: (content: string) => boolean): Generator<string> {
  for (const entry of stillThere(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    const path = join(folder, entry.name);
    if (folder === tmpdir() && entry.name.startsWith("pi-speedup-")) continue;
    if (entry.isDirectory()) yield* filesWith(path, holds);
    else if (entry.isFile() && holds(stillThere(() => readFileSync(path, "utf8")) ?? "")) yield path;
  }
}

/** What is read; undefined if it was deleted meanwhile. */
function stillThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

test.serial("`preview` only reads, and says what would be done", async (t) => {
  const before = [await labels(), await namespaces()];
  const { code, stdout } = await pulumi(
    "preview",
    `--stack=${stack}`,
    `--config-file=${stackFile}`,
    ...settings(file("config", kubeconfig()), cluster.agents),
    "--config=pi-speedup:run=preview",
  );
  t.is(code, 0, stdout);
  t.deepEqual([await labels(), await namespaces()], before);
});

test.serial("`down` restores the cluster, including someone else's label", async (t) => {
  const down = await script("down");
  succeeded(t, down);
  nothingRefused(t, down);
  t.is(await labels(), labelsBefore);
  t.notRegex(await namespaces(), /pi-workload/);
});

/** The namespace that the administrator has made. */
const provided = () =>
  cluster.kubectl("get", "namespace", "pi-workload", "--output=jsonpath={.metadata.uid} {.metadata.labels}");

test.serial("in a namespace of the administrator the user needs and has even fewer permissions", async (t) => {
  // Nothing but the other manifest holds from here on.
  const kinds =
    "serviceaccounts,clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings";
  const granted = await cluster.kubectl("get", kinds, "--output=name");
  await cluster.kubectl("delete", ...granted.split("\n").filter((name) => name.includes("/pi-speedup")));
  await cluster.apply(readFileSync("docs/rbac-namespace.yaml", "utf8"));
  token = (await cluster.kubectl("create", "token", "pi-speedup")).trim();
  const before = await provided();
  const given = settings(file("config", kubeconfig()), cluster.agents.slice(0, 1));
  const up = await script("up", ...given, "--config=pi-speedup:createNamespace=false");
  succeeded(t, up);
  nothingRefused(t, up);
  t.deepEqual(
    (await outputs()).nodes.map(({ node }) => node),
    cluster.agents.slice(0, 1),
  );
  const namespace = { method: "DELETE", path: "/api/v1/namespaces/pi-workload" } as const;
  await allRefused(t, [
    ...beyondNamespace(cluster.agents[0] ?? "", "others"),
    ...withinNamespace("pi-workload", cluster.agents[0] ?? ""),
    ...ofNamespace("pi-workload").map(([what, request]): Forbidden => [what, request]),
    ["the deletion of the namespace", namespace],
    ["the names of all namespaces", { method: "GET", path: "/api/v1/namespaces" }],
  ]);
  t.is(await provided(), before);
});

test.serial("`down` leaves the administrator's namespace, and nothing of its own in it", async (t) => {
  const before = await provided();
  const down = await script("down");
  succeeded(t, down);
  nothingRefused(t, down);
  t.is(await labels(), labelsBefore);
  t.is(await provided(), before);
  t.is(await cluster.kubectl("get", "jobs,pods", "--namespace=pi-workload", "--output=name"), "");
});
