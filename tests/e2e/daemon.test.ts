// A Docker daemon that dies, half-way through a run or with everything in it, as when the power goes. Tried only where
// the daemon is one that our own `up` has started: nobody else's is touched.
import { readFileSync } from "node:fs";
import test from "ava";
import { dockerLabels } from "../../components/ownership.ts";
import { ownDaemon } from "../../toolchain/docker.ts";
import { assertFault } from "../helpers/faults.ts";
import { docker, exported, meanwhile, outputs, script, useStack } from "../helpers/stack.ts";

useStack("daemon");
const small = ["--config=pi-speedup:samples=50000", "--config=pi-speedup:agents=2"];
const own = ownDaemon() !== undefined;
const whereOurs = own ? test.serial : test.serial.skip;

/** Kills processes and waits until they are gone. */
async function kill(pids: readonly number[]): Promise<void> {
  const alive = (pid: number) => {
    try {
      return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };
  for (const pid of pids.filter(alive)) process.kill(pid, "SIGKILL");
  while (pids.some(alive)) await new Promise((resolve) => setTimeout(resolve, 50));
}

const parentOf = (pid: number) => Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

/** The daemon, its containerd, and all containers of the stack with their shims. */
async function everything(): Promise<number[]> {
  const mine = dockerLabels({ stack: "daemon", folder: process.cwd() }).map((label) => `--filter=label=${label}`);
  const ids = await docker("ps", "--quiet", ...mine);
  const states = await docker("inspect", "--format={{.State.Pid}}", ...ids.trim().split("\n"));
  const containers = states.trim().split("\n").map(Number);
  const containerd = Number(readFileSync("/var/run/docker/containerd/containerd.pid", "utf8"));
  return [ownDaemon() ?? 0, containerd, ...containers.map(parentOf), ...containers].filter((pid) => pid > 1);
}

test.serial.before("nothing of an earlier run is in the way", async () => {
  await script("down");
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await script("down");
});

whereOurs(
  "a daemon that dies while the cluster is made ends the run in one sentence, and the next `up` works",
  async (t) => {
    const { code, stdout, stderr } = await meanwhile("Creating K3s", () => kill([ownDaemon() ?? 0]), "up", ...small);
    t.not(code, 0);
    assertFault(t, "docker-died", `${stdout}${stderr}`);
    const up = await script("up", ...small);
    t.is(up.code, 0, up.stderr);
    t.is((await outputs()).nodes.length, 2);
    const environment = readFileSync(`/proc/${ownDaemon() ?? 0}/environ`, "utf8").split("\0");
    t.deepEqual(
      environment.filter((variable) => variable.startsWith("TMPDIR=")),
      [],
    );
  },
);

whereOurs(
  "a cluster that Docker restarts after a power cut is used as it is, its stale pid files are cleared",
  async (t) => {
    const clusterMade = async () =>
      (await exported()).resources.find(({ urn }) => urn.endsWith("command:local:Command::cluster"))?.created;
    const before = await clusterMade();
    await kill(await everything());
    const measured = await script("measure", ...small);
    t.is(measured.code, 0, `${measured.stdout}\n${measured.stderr}`);
    t.is(await clusterMade(), before);
    t.is((await outputs()).nodes.length, 2);
  },
);
