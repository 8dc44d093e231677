// Real failures on an embedded cluster. Each fault is reported in the words of docs/faults.md and leaves nothing
// half-created. Once its cause is gone, the next `up` works.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { clusterNameFor, scratchFolderOf } from "../../components/cluster/embedded/names.ts";
import { run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { assertFault } from "../helpers/faults.ts";
import {
  command,
  docker,
  interrupt,
  kubectl,
  meanwhile,
  mine,
  outputs,
  type Result,
  removeRemains,
  script,
  stack,
  stackFile,
} from "../helpers/stack.ts";

const settings = (keys: Record<string, string>) =>
  Object.entries(keys).map(([key, value]) => `--config=pi-speedup:${key}=${value}`);
const small = settings({ agents: "2", samples: "100000", rounds: "1", baseline: "1.5" });
/** Rounds that go on until something happens. */
const long = settings({ agents: "2", samples: "1000000000", rounds: "1", baseline: "1.5" });

function succeeded(t: ExecutionContext, { code, stdout, stderr }: Result): void {
  t.is(code, 0, `${stdout}\n${stderr}`);
}

function failed(t: ExecutionContext, fault: string, { code, stdout, stderr }: Result): void {
  t.not(code, 0);
  assertFault(t, fault, `${stdout}\n${stderr}`);
}

const cluster = clusterNameFor(stack, process.cwd());

/** Names of all containers, networks and volumes of this stack. */
async function inDocker(): Promise<string[]> {
  const listings = [
    docker("ps", "--all", ...mine, "--format={{.Names}}"),
    docker("network", "ls", `--filter=name=${cluster}`, "--format={{.Name}}"),
    docker("volume", "ls", `--filter=name=${cluster}`, "--format={{.Name}}"),
  ];
  return (await Promise.all(listings)).flatMap((names) => names.split("\n")).filter(Boolean);
}

const up = (...args: string[]) => script("up", ...small, ...args);
/** `up` with a Job that does not end, and what happens to it while its pods run. */
const whileItRuns = (act: (group: number) => unknown, ...args: string[]) =>
  meanwhile(/agent-0: running.*agent-1: running|agent-1: running.*agent-0: running/s, act, "up", ...long, ...args);

test.serial.before("nothing of an earlier run is in the way", async () => {
  await removeRemains();
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await removeRemains();
});

test.serial("a Docker daemon that does not answer", async (t) => {
  process.env.DOCKER_HOST = "unix:///nowhere/docker.sock";
  try {
    failed(t, "docker-host-dead", await up());
  } finally {
    delete process.env.DOCKER_HOST;
  }
});

test.serial("values that no key accepts", async (t) => {
  failed(t, "config-type", await up(...settings({ agents: "many" })));
  failed(t, "config-value", await up(...settings({ agents: "101" })));
  t.deepEqual(await inDocker(), []);
});

test.serial("Ctrl-C during the cluster's creation leaves nothing of it", async (t) => {
  const midway = (group: number) => sleep(4000).then(() => interrupt(group));
  failed(t, "interrupted-creation", await meanwhile("Creating K3s cluster", midway, "up", ...small));
  t.deepEqual(await inDocker(), []);
  t.false(existsSync(scratchFolderOf(cluster, process.cwd())));
});

test.serial("a second run during the cluster's creation is refused, and does not disturb the first", async (t) => {
  let second: Result | undefined;
  const act = async () => {
    second = await up();
  };
  succeeded(t, await meanwhile("Creating K3s cluster", act, "up", ...small));
  failed(t, "stack-locked", second ?? t.fail());
});

test.serial("Ctrl-C while the baseline is measured leaves no container of it", async (t) => {
  const args = [...long, ...settings({ baseline: "docker" })];
  const midway = (group: number) => sleep(1000).then(() => interrupt(group));
  failed(t, "interrupted-baseline", await meanwhile("Measuring the single machine", midway, "up", ...args));
  t.deepEqual(
    (await inDocker()).filter((name) => name.endsWith("-baseline")),
    [],
  );
  succeeded(t, await up());
});

test.serial("Ctrl-C while the Job runs", async (t) => {
  failed(t, "interrupted-job", await whileItRuns(interrupt));
  succeeded(t, await up());
});

test.serial("an image that exists nowhere", async (t) => {
  failed(t, "image-missing", await up(...settings({ image: "nowhere.invalid/none:1" })));
  succeeded(t, await up());
});

test.serial("an image without Python", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  const image = "pi-speedup-test/empty:1";
  try {
    // An archive without files is zeros.
    writeFileSync(join(folder, "empty.tar"), Buffer.alloc(10_240));
    await docker("import", join(folder, "empty.tar"), image);
    failed(t, "image-without-python", await up(...settings({ image, baseline: "docker" })));
    failed(t, "pod-without-python", await up(...settings({ image })));
  } finally {
    rmSync(folder, { recursive: true });
    await command("docker", "image", "rm", image);
  }
  succeeded(t, await up());
});

test.serial("a pod that takes too long", async (t) => {
  failed(t, "pod-timed-out", await script("up", ...long, ...settings({ timeout: "3" })));
  succeeded(t, await up());
});

test.serial("a pod that someone deletes", async (t) => {
  const pod = "--selector=batch.kubernetes.io/job-completion-index=0";
  failed(t, "pod-deleted", await whileItRuns(() => kubectl("delete", "pod", "-n", "pi-workload", pod)));
  succeeded(t, await up());
});

test.serial("a Job that someone deletes", async (t) => {
  failed(t, "job-deleted", await whileItRuns(() => kubectl("delete", "job", "-n", "pi-workload", "--all")));
  succeeded(t, await up("--refresh"));
});

test.serial("an API server that is away for ten seconds while the pods run is waited for", async (t) => {
  const args = settings({ agents: "2", samples: "20000000", rounds: "2", baseline: "1.5" });
  const away = async () => {
    await docker("pause", `k3d-${cluster}-server-0`);
    await sleep(10_000);
    await docker("unpause", `k3d-${cluster}-server-0`);
  };
  succeeded(t, await meanwhile("agent-0: running", away, "up", ...args));
  t.is((await outputs()).nodes.length, 2);
});

test.serial("a node that dies while its pod runs, and is started again by the next `up`", async (t) => {
  failed(t, "node-died", await whileItRuns(() => docker("kill", `k3d-${cluster}-agent-1`)));
  const again = await up();
  succeeded(t, again);
  assertFault(t, "cluster-stopped", again.stderr);
});

test.serial("`up` recreates a missing cluster; `down` and `pulumi destroy` work without it", async (t) => {
  const remove = async () => {
    const gone = (await inDocker()).filter((name) => /-(server|agent)-\d+$/.test(name));
    await docker("rm", "--force", "--volumes", ...gone);
  };
  await remove();
  const again = await up();
  succeeded(t, again);
  assertFault(t, "cluster-vanished", again.stderr);
  await remove();
  const { env } = await prepareTools();
  const on = ["--stack", stack];
  const { stdout: state } = await run("pulumi", ["stack", "export", ...on], { env });
  await run("pulumi", ["destroy", ...on, "--yes", "--skip-preview", "--config-file", stackFile], { env });
  t.deepEqual(await inDocker(), []);
  await run("pulumi", ["stack", "import", ...on], { env, input: state });
  succeeded(t, await script("down"));
  t.deepEqual(await inDocker(), []);
});
