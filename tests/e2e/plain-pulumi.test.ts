// The program with plain Pulumi commands, without our scripts: a stack file next to Pulumi.yaml, as `pulumi config set`
// writes it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { prepareTools } from "../../toolchain/tools.ts";
import { assertFault } from "../helpers/faults.ts";
import { type ForeignCluster, foreignCluster } from "../helpers/foreign-cluster.ts";
import { readingProxy } from "../helpers/reading-proxy.ts";
import { pulumi, type Result, stack } from "../helpers/stack.ts";

const stackFile = `Pulumi.${stack}.yaml`;
const folder = mkdtempSync(join(tmpdir(), "pi-speedup-e2e-"));
const kubeconfig = join(folder, "kubeconfig");
let cluster: ForeignCluster;
let before: string;

const onStack = (command: string, ...args: string[]) => pulumi(...command.split(" "), ...args, "--stack", stack);
async function succeeded(t: ExecutionContext, result: Promise<Result>): Promise<string> {
  const { code, stdout, stderr } = await result;
  t.is(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}
const up = (...args: string[]) => onStack("up", "--yes", "--skip-preview", ...args);
const onCluster = () =>
  cluster.kubectl(
    "get",
    "nodes,namespaces,jobs",
    "--all-namespaces",
    "--no-headers",
    "--output=custom-columns=NAME:.metadata.name,LABELS:.metadata.labels",
  );

/** Uids of everything on the cluster that the stack has made, by urn. */
async function made(): Promise<Record<string, string>> {
  const { deployment } = JSON.parse((await onStack("stack export")).stdout) as {
    deployment: { resources?: { urn: string; created?: string }[] };
  };
  return Object.fromEntries((deployment.resources ?? []).map(({ urn, created }) => [urn, created ?? ""]));
}

test.serial.before("there is a cluster, and a stack by plain commands", async (t) => {
  cluster = await foreignCluster();
  writeFileSync(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
  before = await onCluster();
  await pulumi("stack", "rm", "--yes", "--force", "--stack", stack);
  rmSync(stackFile, { force: true });
  const init = await pulumi("stack", "init", stack);
  if (init.code !== 0) throw new Error(init.stderr);
  const settings: string[][] = [
    ["pi-speedup:cluster", "kubeconfig"],
    ["pi-speedup:kubeconfig", kubeconfig],
    ["--path", "pi-speedup:workers[0]", cluster.agents[0] ?? ""],
    ["--path", "pi-speedup:workers[1]", cluster.agents[1] ?? ""],
    ["pi-speedup:baseline", "1.5"],
    ["pi-speedup:image", cluster.image],
    ["pi-speedup:samples", "50000"],
  ];
  for (const setting of settings) {
    const { code, stderr } = await onStack("config set", ...setting);
    if (code !== 0) throw new Error(stderr);
  }
  t.pass();
});

test.serial.after.always("nothing is left, whatever happened", async () => {
  await onStack("destroy", "--yes", "--skip-preview", "--remove");
  await cluster.remove();
  rmSync(stackFile, { force: true });
  rmSync(folder, { recursive: true });
});

test.serial("`preview` reads and simulates, and requests nothing else from the cluster", async (t) => {
  const proxy = await readingProxy(cluster.kubeconfig);
  writeFileSync(kubeconfig, proxy.kubeconfig);
  try {
    const said = await succeeded(t, onStack("preview"));
    t.regex(said, /kubernetes:batch\/v1:Job +pi +create/);
  } finally {
    await proxy.stop();
    writeFileSync(kubeconfig, cluster.kubeconfig);
  }
  const reading = proxy.asked.filter((line) => line.startsWith("GET "));
  t.true(reading.includes("GET /api/v1/namespaces/kube-system"), proxy.asked.join("\n"));
  t.true(reading.includes(`GET /api/v1/nodes/${cluster.agents[0]}`));
  t.deepEqual(
    proxy.asked.filter((line) => !line.startsWith("GET ") && !/[?&]dryRun=All(&|$)/.test(line)),
    [],
  );
  t.is(await onCluster(), before);
});

test.serial("`up --skip-preview` deploys, a preview after it finds nothing to do", async (t) => {
  await succeeded(t, up());
  await succeeded(t, onStack("preview", "--expect-no-changes"));
});

test.serial("`refresh` finds the cluster as it was left", async (t) => {
  await succeeded(t, onStack("refresh", "--yes", "--skip-preview", "--expect-no-changes"));
});

test.serial("a missed condition fails `up` but no preview, and keeps the results", async (t) => {
  const output = async () => JSON.parse(await succeeded(t, onStack("stack output", "--json")));
  const before = await output();
  await succeeded(t, onStack("config set", "--path", "pi-speedup:require[0]", "workers > 2"));
  const missed = await up("--config=pi-speedup:run=missed");
  t.not(missed.code, 0);
  assertFault(t, "requirement-missed", `${missed.stdout}${missed.stderr}`);
  const after = await output();
  t.like(after.requirements, [{ text: "workers > 2", value: 2, verdict: "missed" }]);
  t.true(after.timeline.released > before.timeline.released);
  t.regex(after.summary, /workers > 2 +missed/);
  await succeeded(t, onStack("preview", "--expect-no-changes"));
  await succeeded(t, onStack("config rm", "pi-speedup:require"));
  await succeeded(t, up("--expect-no-changes"));
  t.deepEqual((await output()).requirements, []);
});

test.serial("`stack export` and `stack import` keep everything", async (t) => {
  const file = join(folder, "state.json");
  const held = await made();
  await succeeded(t, onStack("stack export", "--file", file));
  await succeeded(t, onStack("stack import", "--file", file));
  t.deepEqual(await made(), held);
  await succeeded(t, onStack("preview", "--expect-no-changes"));
});

test.serial(
  "`up --target` of the Job with its dependents makes Job and collector again and nothing else",
  async (t) => {
    const held = await made();
    const job = Object.keys(held).find((urn) => urn.endsWith("$kubernetes:batch/v1:Job::pi")) ?? "";
    await succeeded(t, up("--target", job, "--target-dependents", "--config=pi-speedup:run=target"));
    const now = await made();
    t.deepEqual(
      Object.keys(now)
        .filter((urn) => now[urn] !== held[urn])
        .map((urn) => urn.split("$").at(-1)),
      ["kubernetes:batch/v1:Job::pi", "command:local:Command::collector"],
    );
    await succeeded(t, onStack("preview", "--expect-no-changes", "--config=pi-speedup:run=target"));
  },
);

test.serial("a killed `up` leaves a lock, which `cancel` removes, and the next `up` works", async (t) => {
  const { env } = await prepareTools({ k3d: false });
  const args = ["up", "--yes", "--skip-preview", "--stack", stack, "--config=pi-speedup:run=killed"];
  const child = spawn("pulumi", args, { env, detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  for await (const chunk of child.stdout) if (String(chunk).includes("Command collector")) break;
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await closed;
  const locked = await up("--config=pi-speedup:run=killed");
  t.regex(`${locked.stdout}${locked.stderr}`, /currently locked/);
  await succeeded(t, onStack("cancel", "--yes"));
  await succeeded(t, up("--config=pi-speedup:run=killed"));
});

test.serial("`destroy --remove` leaves the cluster as it was, and no stack and no stack file", async (t) => {
  await succeeded(t, onStack("destroy", "--yes", "--skip-preview", "--remove"));
  t.is(await onCluster(), before);
  t.false(existsSync(stackFile));
  t.not((await onStack("stack export")).code, 0);
});
