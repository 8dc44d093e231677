// The programs that create the embedded cluster and bring its image, with Docker and k3d that fail.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { k3dConfig } from "../../../../components/cluster/embedded/k3d-config.ts";
import { patience, startCluster } from "../../../../components/cluster/embedded/lifecycle.ts";
import type { Labelled } from "../../../../components/host/labelled.ts";
import { whereabouts } from "../../../../components/host/whereabouts.ts";
import { type DockerLabels, dockerLabels } from "../../../../components/ownership.ts";
import { fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";
import { assertFault } from "../../../helpers/faults.ts";
import { formerLabels, labelsHere, listing, wholeCluster } from "../../../helpers/labelled.ts";
import { runProgram } from "../../../helpers/run-program.ts";

const name = "pi-speedup-00000000";
const formerSettings = { name, stack: "test", agents: 1, nodeImage: "rancher/k3s:v1" };
const cluster = { ...formerSettings, identity: "mine" };
const ours = wholeCluster(name, labelsHere("test", "mine"));

/** The calls by which these things are removed, containers first. */
const removalOf = (things: readonly Labelled[]) =>
  [
    ["container", "docker rm --force --volumes"],
    ["network", "docker network rm"],
    ["volume", "docker volume rm"],
  ].flatMap(([kind, command]) => {
    const ids = things.filter((each) => each.kind === kind).map(({ id }) => id);
    return ids.length === 0 ? [] : [[command, ...ids].join(" ")];
  });
const removalsIn = (calls: readonly string[]) => calls.filter((call) => /^docker (network |volume )?rm /.test(call));

const create = "create-cluster";

const dead: Rule = [/^version/, { code: 1, stderr: "Cannot connect to the Docker daemon at unix:///x.\n" }];
const taken =
  "driver failed programming external connectivity on endpoint k3d: Bind for 127.0.0.1:6550 failed: port is already allocated";
const k3dFails = (what: RegExp, message: string): Rule => [
  what,
  { code: 1, stderr: `INFO[0000] Prep: Network\nERRO[0004] ${message}\nFATA[0005] Cluster creation FAILED\n` },
];

const faults: [fault: string, docker: Rule[] | undefined, k3d: Rule[] | undefined][] = [
  ["docker-missing", undefined, []],
  ["docker-down", [dead], []],
  ["k3d-missing", [], undefined],
  ["port-taken", [], [k3dFails(/^cluster create/, `Failed to start node: ${taken}`)]],
];
for (const [fault, docker, k3d] of faults) {
  test(`a creation that meets ${fault} says so in one sentence and leaves nothing`, async (t) => {
    // What there is before and after a creation is the same here: a half of our own.
    const programs = fakePrograms(t, { ...(docker && { docker: [...docker, ...listing(ours)] }), ...(k3d && { k3d }) });
    const { code, stdout, stderr } = await runProgram(create, cluster, programs);
    t.is(code, 1);
    t.is(stdout, "");
    assertFault(t, fault, stderr);
    const calls = programs.calls();
    const made = calls.findIndex((call) => call.startsWith("k3d cluster create"));
    if (made >= 0) t.deepEqual(removalsIn(calls.slice(made)), removalOf(ours), calls.join("\n"));
  });
}

const fatal = 'time="2026-01-01T00:00:00Z" level=fatal msg="failed to find cpuset cgroup (v2)"\n';
const failures: [what: string, fault: string, docker: Rule[], k3d: Rule[], said: RegExp][] = [
  [
    "a server that ends",
    "k3d-failed",
    [[/^logs .*server-0/, { stderr: `time="…" level=info msg="Starting k3s v1"\n${fatal}` }]],
    [k3dFails(/^cluster create/, "Failed Cluster Start: error waiting for log line: context deadline exceeded")],
    /\(Failed Cluster Start: .*; the log of k3d-\S+-server-0: failed to find cpuset cgroup \(v2\)\)\. The partly created cluster was removed/,
  ],
  [
    "an agent that does not register",
    "nodes-never-ready",
    [
      [/kubectl wait/, { code: 1, stderr: "error: timed out waiting for the condition\n" }],
      [
        /^logs .*agent-0/,
        { stdout: 'E0101 00:00:00.000000 1 run.go:74] "command failed" err="too many open files"\n' },
      ],
      [/^logs .*server-0/, { stdout: 'time="…" level=error msg="Sending HTTP 503 response"\n' }],
    ],
    [],
    /\(error: timed out waiting for the condition; the log of k3d-\S+-agent-0: "command failed" err="too many open files"\)/,
  ],
  [
    "nodes that say nothing",
    "k3d-failed",
    [[/^logs /, { code: 1, stderr: "" }]],
    [k3dFails(/^cluster create/, "Failed to create node: something is wrong")],
    /\(Failed to create node: something is wrong\)\. The partly created/,
  ],
];
for (const [what, fault, docker, k3d, said] of failures) {
  test(`of ${what} the reason is read before it is removed (${fault})`, async (t) => {
    const programs = fakePrograms(t, { docker: [...docker, ...listing(ours)], k3d });
    const { stderr } = await runProgram(create, cluster, programs);
    assertFault(t, fault, stderr);
    t.regex(stderr.replaceAll(/\s+/g, " "), said);
    const calls = programs.calls();
    const read = calls.findIndex((call) => call.startsWith("docker logs "));
    const made = calls.findIndex((call) => call.startsWith("k3d cluster create"));
    t.true(read > made, calls.join("\n"));
    t.deepEqual(removalsIn(calls.slice(read)), removalOf(ours));
  });
}

test("k3d does not remove failed containers, so that we can read their logs", (t) => {
  t.true(JSON.parse(k3dConfig(cluster, "image", [])).options.k3d.disableRollback);
});

test("a new cluster, its network and its volume are labelled for folder, stack, host, user and state", async (t) => {
  const programs = fakePrograms(t, { docker: [], k3d: [[/^kubeconfig get/, { stdout: "the kubeconfig\n" }]] });
  const { code, stderr } = await runProgram(create, cluster, programs);
  t.is(code, 0, stderr);
  const labels = dockerLabels({ ...whereabouts(), stack: "test", identity: "mine" });
  t.is(labels.length, 6);
  const calls = programs.calls();
  for (const kind of ["network", "volume"]) {
    const made = calls.find((call) => call.startsWith(`docker ${kind} create`)) ?? "";
    for (const label of [...labels, "app=k3d", `k3d.cluster=${name}`]) t.true(made.includes(`--label ${label} `), made);
  }
  const config = JSON.parse(k3dConfig(cluster, "image", labels));
  t.deepEqual(
    config.options.runtime.labels.map(({ label }: { label: string }) => label),
    labels,
  );
});

test("an update keeps a complete cluster and reads its kubeconfig again", async (t) => {
  const programs = fakePrograms(t, {
    docker: listing(ours),
    k3d: [[/^kubeconfig get/, { stdout: "the kubeconfig\n" }]],
  });
  const { code, stdout, stderr } = await runProgram("update-cluster", cluster, programs);
  t.is(code, 0, stderr);
  t.is(JSON.parse(stdout), "the kubeconfig\n");
  const calls = programs.calls();
  t.deepEqual(
    calls.filter((call) => / (create|delete|rm|stop) /.test(call)),
    [],
  );
  t.true(calls.includes(`docker start id-of-k3d-${name}-server-0 id-of-k3d-${name}-agent-0`), calls.join("\n"));
});

test("an update reports an incomplete cluster instead of recreating it (cluster-incomplete)", async (t) => {
  const without = ours.filter((each) => !each.name.endsWith("agent-0"));
  const programs = fakePrograms(t, { docker: listing(without), k3d: [] });
  const { code, stdout, stderr } = await runProgram("update-cluster", cluster, programs);
  t.is(code, 1);
  t.is(stdout, "");
  assertFault(t, "cluster-incomplete", stderr);
  t.false(programs.calls().some((call) => call.startsWith("k3d")));
});

test("the deletion that states of the former release hold still removes the cluster", async (t) => {
  const former = wholeCluster(name, formerLabels("test"));
  const programs = fakePrograms(t, { docker: listing(former), k3d: [] });
  // `exec node components/cluster/k3d.command.ts delete`, as those states hold it.
  const { status, stderr } = spawnSync(process.execPath, ["components/cluster/k3d.command.ts", "delete"], {
    env: programs.env,
    input: JSON.stringify(formerSettings),
    encoding: "utf8",
  });
  t.is(status, 0, stderr);
  t.deepEqual(removalsIn(programs.calls()), removalOf(former));
});

test("a deletion removes the inspected objects by their ids", async (t) => {
  const programs = fakePrograms(t, { docker: listing(ours) });
  const { code, stderr } = await runProgram("delete-cluster", cluster, programs);
  t.is(code, 0, stderr);
  t.deepEqual(removalsIn(programs.calls()), removalOf(ours));
});

test("a missing cluster is not an error, and nothing is removed", async (t) => {
  const programs = fakePrograms(t, { docker: [] });
  t.is((await runProgram("delete-cluster", cluster, programs)).code, 0);
  t.deepEqual(removalsIn(programs.calls()), []);
});

test("remains of a killed creation are removed before the next one begins", async (t) => {
  const half = ours.filter(({ name }) => !name.endsWith("agent-0"));
  const programs = fakePrograms(t, {
    docker: listing(half),
    k3d: [[/^kubeconfig get/, { stdout: "the kubeconfig\n" }]],
  });
  const { code, stderr } = await runProgram(create, cluster, programs);
  t.is(code, 0, stderr);
  const calls = programs.calls();
  const made = calls.findIndex((call) => call.startsWith("k3d cluster create"));
  t.deepEqual(removalsIn(calls.slice(0, made)), removalOf(half));
});

test("a cluster that can't be removed is reported, with the commands that remove it", async (t) => {
  const docker: Rule[] = [[/^rm /, { code: 1, stderr: "no daemon\n" }], ...listing(ours)];
  const { code, stderr } = await runProgram("delete-cluster", cluster, fakePrograms(t, { docker }));
  t.is(code, 1);
  assertFault(t, "cluster-stays", stderr);
});

const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
test.after.always(() => rmSync(folder, { recursive: true }));
/** Labels of a cluster that another checkout has created, with the state from which this one was copied. */
const original = { ...labelsHere("test", "mine"), folder, place: "place-of-the-original" };
const unlabelled = formerLabels("", "");
const strangers: [whose: string, fault: string, labels: Required<DockerLabels>][] = [
  ["the checkout from which this one was copied", "cluster-elsewhere", original],
  ["another user", "cluster-elsewhere", { ...original, user: "4711" }],
  [
    "a container with the same paths and this Docker",
    "cluster-elsewhere",
    { ...labelsHere("test", "another"), host: "c0ffee", place: "place-in-the-container" },
  ],
  ["another login, in the same folder", "cluster-of-another-state", labelsHere("test", "another")],
  ["a stack that was renamed", "cluster-of-another-state", labelsHere("renamed", "another")],
  ["somebody who uses k3d", "cluster-unlabelled", unlabelled],
];
for (const [whose, fault, labels] of strangers) {
  // Whose a cluster is, is decided in one place. The programs ask there, each on its own occasion.
  const asking = [original, unlabelled].includes(labels) ? [create, "update-cluster"] : [];
  for (const program of ["delete-cluster", ...asking]) {
    test(`${program} leaves a cluster alone that belongs to ${whose}`, async (t) => {
      const programs = fakePrograms(t, { docker: listing(wholeCluster(name, labels)), k3d: [] });
      const { code, stdout, stderr } = await runProgram(program, cluster, programs);
      t.is(code, 1);
      t.is(stdout, "");
      assertFault(t, fault, stderr);
      const calls = programs.calls();
      t.deepEqual(
        calls.filter((call) => /^k3d |^docker (rm|start|stop|network (rm|create)|volume (rm|create)) /.test(call)),
        [],
      );
    });
  }
}

test("a checkout that was moved removes the cluster that it made where it was", async (t) => {
  const moved = wholeCluster(name, { ...original, folder: join(folder, "..", "pi-speedup-test-that-is-gone") });
  const programs = fakePrograms(t, { docker: listing(moved) });
  const { code, stderr } = await runProgram("delete-cluster", cluster, programs);
  t.is(code, 0, stderr);
  t.deepEqual(removalsIn(programs.calls()), removalOf(moved));
});

test("a checkout that was copied from a former release's leaves the original's cluster alone", async (t) => {
  const programs = fakePrograms(t, { docker: listing(wholeCluster(name, formerLabels("test", folder))) });
  const { code, stderr } = await runProgram("delete-cluster", formerSettings, programs);
  t.is(code, 1);
  assertFault(t, "cluster-elsewhere", stderr);
  t.deepEqual(removalsIn(programs.calls()), []);
});

test("k3d gets our own names of images that were built here, not the official ones", async (t) => {
  const docker: Rule[] = [
    [/^image inspect .* (rancher\/k3s|ghcr\.io\/k3d-io\/k3d-tools):/, { code: 1 }],
    [/^image inspect .* pi-speedup\//, {}],
  ];
  const programs = fakePrograms(t, { docker, k3d: [[/^kubeconfig get/, { stdout: "the kubeconfig\n" }]] });
  const { code, stderr } = await runProgram(create, cluster, programs);
  t.is(code, 0, stderr);
  t.regex(stderr, /image pi-speedup\/kubernetes:/);
  t.false(programs.calls().some((call) => /^docker (pull|tag)/.test(call)));
});

test("an image for k3d's tools that the user has chosen is neither checked nor replaced", async (t) => {
  const programs = fakePrograms(t, { docker: [], k3d: [[/^kubeconfig get/, { stdout: "the kubeconfig\n" }]] });
  const env = { ...programs.env, K3D_IMAGE_TOOLS: "mirror.example/tools:1" };
  const { code, stderr } = await runProgram(create, cluster, { ...programs, env });
  t.is(code, 0, stderr);
  t.false(programs.calls().some((call) => call.includes("k3d-tools")));
});

test("a missing image of the cluster that can't be pulled is reported (node-image-missing)", async (t) => {
  const docker: Rule[] = [
    [/^image inspect/, { code: 1 }],
    [/^pull/, { code: 1, stderr: "dial tcp: lookup registry-1.docker.io: no such host\n" }],
  ];
  const programs = fakePrograms(t, { docker, k3d: [] });
  const { code, stderr } = await runProgram(create, cluster, programs);
  t.is(code, 1);
  assertFault(t, "node-image-missing", stderr);
  t.deepEqual(removalsIn(programs.calls()), []);
});

const image = { image: "python:3.9-slim", server: `k3d-${name}-server-0`, workers: [`k3d-${name}-agent-0`] };
const imageFaults: [fault: string, docker: Rule[]][] = [
  [
    "image-missing",
    [
      [/^image inspect/, { code: 1 }],
      [/^pull/, { code: 1, stderr: "Error response from daemon: manifest unknown\n" }],
    ],
  ],
  ["disk-full", [[/^save/, { code: 1, stderr: "write /tmp/x/image.tar: no space left on device\n" }]]],
  ["disk-full", [[/ctr image import/, { code: 1, stderr: "ctr: write /var/lib/x: no space left on device\n" }]]],
];
for (const [fault, docker] of imageFaults) {
  test(`an image that meets ${fault} (${docker[0]?.[0].source}) is not brought, and says so in one sentence`, async (t) => {
    const { code, stderr } = await runProgram("load-image", image, fakePrograms(t, { docker }));
    t.is(code, 1);
    assertFault(t, fault, stderr);
  });
}

/** Docker, an old one or a new one, whose images are containerd's or not, as the reports tell of it. */
function storing(t: ExecutionContext, { api, containerd }: { api: string; containerd: boolean }) {
  const { rules: _, ...programs } = fakePrograms(t, { docker: [] });
  const place = programs.env.PATH?.split(delimiter)[0] ?? "";
  writeFileSync(
    join(place, "docker"),
    `#!/bin/sh
echo "docker $*" >> '${join(place, "calls")}'
inside='${join(place, "archive")}'
fail() { echo "$1" >&2; exit 1; }
case "$*" in
  version*APIVersion*) echo ${api} ;;
  version*) echo 1 ;;
  image*) echo linux/arm64/v8 ;;
  save*--output*) fail "invalid output path: directory does not exist" ;;
  save*--platform*) ${api === "1.41" ? 'fail "unknown flag: --platform"' : 'echo "this platform alone"'} ;;
  save*) echo "${containerd ? "an index of all platforms" : "this platform alone"}" ;;
  cp*) fail "no such file or directory" ;;
  exec*" sh "*) read -r archive; echo "$archive" > "$inside" ;;
  exec*" ctr "*)
    read -r archive < "$inside"
    [ "$archive" = "this platform alone" ] || fail "ctr: content digest sha256:0123: not found" ;;
  exec*" rm "*) /bin/rm "$inside" ;;
esac
`,
    { mode: 0o755 },
  );
  return { programs, left: () => existsSync(join(place, "archive")) };
}

for (const world of [
  { api: "1.41", containerd: false },
  { api: "1.52", containerd: false },
  { api: "1.52", containerd: true },
]) {
  test(`an image comes from a Docker that speaks ${world.api}, ${world.containerd ? "" : "not "}by containerd's store, through no file of this machine`, async (t) => {
    const { programs, left } = storing(t, world);
    const { code, stderr } = await runProgram("load-image", image, programs);
    t.is(code, 0, stderr);
    t.false(left());
    t.deepEqual(
      programs.calls().filter((call) => call.includes(tmpdir())),
      [],
    );
  });
}

test("an older Docker that can't save a single platform is reported, and nothing is left on the nodes (image-not-alone)", async (t) => {
  const { programs, left } = storing(t, { api: "1.47", containerd: true });
  const { code, stderr } = await runProgram("load-image", image, programs);
  t.is(code, 1);
  assertFault(t, "image-not-alone", stderr);
  t.false(left());
});

test.serial("a stopped cluster that does not start is told with Docker's words", async (t) => {
  const { env } = fakePrograms(t, { docker: [[/^start/, { code: 1, stderr: "no such container: x\n" }]] });
  const { PATH } = process.env;
  const { start } = patience;
  process.env.PATH = env.PATH;
  patience.start = 0.001;
  try {
    const { message } = await t.throwsAsync(startCluster("pi-speedup-00000000", ["x"]));
    assertFault(t, "cluster-not-started", message);
  } finally {
    process.env.PATH = PATH;
    patience.start = start;
  }
});
