// The programs that make the embedded cluster and bring its image, in a world where Docker and k3d fail.
import { spawnSync } from "node:child_process";
import test from "ava";
import { fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";
import { assertFault } from "../../../helpers/faults.ts";
import { runProgram } from "../../../helpers/run-program.ts";

const name = "pi-speedup-00000000";
const cluster = { name, stack: "test", agents: 1, nodeImage: "rancher/k3s:v1" };
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
  ["k3d-failed", [], [k3dFails(/^cluster create/, "Failed to create node: something is wrong")]],
  ["port-taken", [], [k3dFails(/^cluster create/, `Failed to start node: ${taken}`)]],
  [
    "nodes-never-ready",
    [[/kubectl wait/, { code: 1, stderr: "error: timed out waiting for the condition on nodes/k3d-x-agent-0\n" }]],
    [],
  ],
];
for (const [fault, docker, k3d] of faults) {
  test(`a creation that meets ${fault} says so in one sentence and leaves nothing`, async (t) => {
    const programs = fakePrograms(t, { ...(docker && { docker }), ...(k3d && { k3d }) });
    const { code, stdout, stderr } = await runProgram(create, cluster, programs);
    t.is(code, 1);
    t.is(stdout, "");
    assertFault(t, fault, stderr);
    const calls = programs.calls();
    const made = calls.findIndex((call) => call.startsWith("k3d cluster create"));
    if (made >= 0) t.true(calls.slice(made).includes(`k3d cluster delete ${name}`), calls.join("\n"));
  });
}

test("a cluster that is complete is left alone by an update, which reads its kubeconfig again", async (t) => {
  const programs = fakePrograms(t, { docker: [], k3d: [[/^kubeconfig get/, { stdout: "the kubeconfig\n" }]] });
  const { code, stdout, stderr } = await runProgram("update-cluster", cluster, programs);
  t.is(code, 0, stderr);
  t.is(JSON.parse(stdout), "the kubeconfig\n");
  const calls = programs.calls();
  t.deepEqual(
    calls.filter((call) => / (create|delete|rm|stop) /.test(call)),
    [],
  );
  t.true(calls.includes(`docker start k3d-${name}-server-0 k3d-${name}-agent-0`), calls.join("\n"));
});

test("a cluster that is not complete is not made again by an update, but told (cluster-incomplete)", async (t) => {
  const docker: Rule[] = [[/^container inspect .*agent-0$/, { code: 1, stderr: "Error: No such container\n" }]];
  const programs = fakePrograms(t, { docker, k3d: [] });
  const { code, stdout, stderr } = await runProgram("update-cluster", cluster, programs);
  t.is(code, 1);
  t.is(stdout, "");
  assertFault(t, "cluster-incomplete", stderr);
  t.false(programs.calls().some((call) => call.startsWith("k3d")));
});

test("the deletion that states of the former release hold still removes the cluster", async (t) => {
  const programs = fakePrograms(t, { docker: [], k3d: [] });
  // `exec node components/cluster/k3d.command.ts delete`, as those states hold it.
  const { status, stderr } = spawnSync(process.execPath, ["components/cluster/k3d.command.ts", "delete"], {
    env: programs.env,
    input: JSON.stringify(cluster),
    encoding: "utf8",
  });
  t.is(status, 0, stderr);
  t.true(programs.calls().includes(`k3d cluster delete ${name}`));
});

test("a cluster that can't be removed is told, with the command that removes it", async (t) => {
  const programs = fakePrograms(t, { docker: [], k3d: [[/^cluster delete/, { code: 1, stderr: "no daemon\n" }]] });
  const { code, stderr } = await runProgram("delete-cluster", cluster, programs);
  t.is(code, 1);
  assertFault(t, "cluster-stays", stderr);
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
