// A Docker daemon that dies during a run, or with everything in it, as in a power failure. On a machine of its own, so
// that nobody else's containers are touched.
import { readFileSync } from "node:fs";
import test from "ava";
import { assertFault } from "../helpers/faults.ts";
import { kill, type OwnMachine, startOwnMachine, whyNoOwnMachine } from "../helpers/own-machine.ts";
import { exported, meanwhile, outputs, script, useMachine } from "../helpers/stack.ts";

const small = ["--config=pi-speedup:samples=50000", "--config=pi-speedup:agents=2"];
const whyNot = await whyNoOwnMachine();
const wherePossible = whyNot === undefined ? test.serial : test.serial.skip;
let machine: OwnMachine | undefined;

const daemons = () => machine?.processes("dockerd") ?? [];

test.serial.before("a machine of its own, in which nothing of an earlier run is in the way", async (t) => {
  if (whyNot !== undefined) {
    t.log(`Nothing is tried here: ${whyNot}.`);
    return;
  }
  machine = await startOwnMachine();
  useMachine(machine.prefix);
  await script("down");
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  if (machine === undefined) return;
  await script("down");
  await machine.remove();
});

wherePossible(
  "a daemon that dies while the cluster is made ends the run in one sentence, and the next `up` works",
  async (t) => {
    const { code, stdout, stderr } = await meanwhile("Creating K3s", () => kill(daemons()), "up", ...small);
    t.not(code, 0);
    assertFault(t, "cluster-half-made", `${stdout}${stderr}`);
    const up = await script("up", ...small);
    t.is(up.code, 0, `${up.stdout}\n${up.stderr}`);
    t.is((await outputs()).nodes.length, 2);
    const environment = readFileSync(`/proc/${daemons()[0]}/environ`, "utf8").split("\0");
    t.deepEqual(
      environment.filter((variable) => variable.startsWith("TMPDIR=")),
      [],
    );
  },
);

wherePossible(
  "a cluster that Docker restarts after a power cut is used as it is, its stale pid files are cleared",
  async (t) => {
    const clusterMade = async () =>
      (await exported()).resources.find(({ urn }) => urn.endsWith("command:local:Command::cluster"))?.created;
    const before = await clusterMade();
    await machine?.cutPower();
    const measured = await script("measure", ...small);
    t.is(measured.code, 0, `${measured.stdout}\n${measured.stderr}`);
    t.is(await clusterMade(), before);
    t.is((await outputs()).nodes.length, 2);
  },
);
