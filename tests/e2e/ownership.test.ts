// Who owns a cluster, for real: copied and moved checkouts, a second backend, a renamed stack. Each test works in
// copies of this checkout, so its own state is not touched.
import { mkdtempSync, rmSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { runTool } from "../../components/host/run-tool.ts";
import { run } from "../../toolchain/run.ts";
import { assertFault } from "../helpers/faults.ts";
import { docker, type Result } from "../helpers/stack.ts";

const small = ["agents=1", "samples=50000", "rounds=1", "baseline=1.5"].map((each) => `--config=pi-speedup:${each}`);
const parent = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
const [original, copy, moved] = ["original", "copy", "moved"].map((name) => join(parent, name)) as [
  string,
  string,
  string,
];
/** Where a second login keeps its state. */
const second = join(parent, "second");
const login = {
  PULUMI_BACKEND_URL: `file://${second}`,
  // The copy of the stack's configuration has the salt of the first login's passphrase.
  PULUMI_CONFIG_PASSPHRASE_FILE: join(original, ".pi-speedup", "passphrase"),
};

/** `npm run NAME` in a checkout, on its stack "owner" unless another is named. */
function script(checkout: string, name: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const stack = args.includes("--stack") ? [] : ["--stack", "owner"];
  return runTool("npm", ["run", "--silent", name, "--", ...args, ...stack], {
    seconds: 1800,
    cwd: checkout,
    env: { ...process.env, ...env },
  });
}

function succeeded(t: ExecutionContext, { code, stdout, stderr }: Result): void {
  t.is(code, 0, `${stdout}\n${stderr}`);
}

function refused(t: ExecutionContext, fault: string, { code, stdout, stderr }: Result): void {
  t.not(code, 0);
  assertFault(t, fault, `${stdout}\n${stderr}`);
}

/** Containers, network and volume that were made in these folders. */
async function inDocker(): Promise<string> {
  const listings = [
    docker("ps", "--no-trunc", '--format={{.ID}} {{.State}} {{.Label "pi-speedup.folder"}}'),
    docker("network", "ls", "--no-trunc", '--format={{.ID}} {{.Label "pi-speedup.folder"}}'),
    docker("volume", "ls", '--format={{.Name}} {{.Label "pi-speedup.folder"}}'),
  ];
  const lines = (await Promise.all(listings)).flatMap((text) => text.split("\n"));
  return lines
    .filter((line) => line.includes(parent))
    .sort()
    .join("\n");
}

test.serial.before("a checkout of its own", async () => {
  await mkdir(original);
  await mkdir(second);
  const files = (await run("git", ["ls-files", "-z"])).stdout.split("\0").filter(Boolean);
  for (const file of files) await cp(file, join(original, file));
  // Hard links: a second copy of the packages has no place on a small disk.
  await run("cp", ["-al", "node_modules", join(original, "node_modules")]);
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  for (const checkout of [original, moved]) await script(checkout, "down").catch(() => {});
  rmSync(parent, { recursive: true, force: true });
});

let made = "";
/** What is in the namespace of the first checkout's cluster. */
async function onCluster(): Promise<string> {
  const server = await docker(
    "ps",
    "--filter=label=k3d.role=server",
    `--filter=label=pi-speedup.folder=${original}`,
    "--format={{.Names}}",
  );
  return docker("exec", server.trim(), "kubectl", "get", "jobs,pods", "-n", "pi-workload", "-o", "name");
}

test.serial("everything that `up` creates in Docker has the labels of its checkout", async (t) => {
  succeeded(t, await script(original, "up", small));
  made = await inDocker();
  t.is(made.split("\n").length, 4, made);
});

test.serial("`down` and `up` in a copy with its state leave the original's cluster alone", async (t) => {
  await run("cp", ["-al", original, copy]);
  // What is written must not be shared with the original.
  await rm(join(copy, ".pi-speedup"), { recursive: true });
  await run("cp", ["-a", join(original, ".pi-speedup"), join(copy, ".pi-speedup")]);
  const before = await onCluster();
  t.regex(before, /job.*pi-calculation-job/);
  refused(t, "cluster-elsewhere", await script(copy, "down"));
  refused(t, "cluster-elsewhere", await script(copy, "up", small));
  t.is(await inDocker(), made);
  t.is(await onCluster(), before);
  await rm(copy, { recursive: true });
  succeeded(t, await script(original, "up", [...small, "--expect-no-changes"]));
});

test.serial(
  "a second login with the same stack in the same folder does not touch the first one's cluster",
  async (t) => {
    refused(t, "cluster-of-another-state", await script(original, "up", small, login));
    const down = await script(original, "down", [], login);
    succeeded(t, down);
    assertFault(t, "cluster-of-another-state", down.stderr);
    t.is(await inDocker(), made);
  },
);

test.serial("a renamed stack keeps its cluster, and its old name is another stack's", async (t) => {
  const renamed = ["--stack", "renamed"];
  const code =
    'const { openStack } = await import("./scripts/stack/stack.ts"); await (await openStack()).pulumi.read(["stack", "rename"], "renamed");';
  const node = ["--input-type=module", "--eval", code, "--", "x", "--stack", "owner"];
  succeeded(t, await runTool(process.execPath, node, { seconds: 1800, cwd: original }));
  refused(t, "cluster-of-another-state", await script(original, "up", small));
  const down = await script(original, "down");
  succeeded(t, down);
  assertFault(t, "cluster-of-another-state", down.stderr);
  t.is(await inDocker(), made);
  // Under its new name it makes another one, and removes the one that it has.
  succeeded(t, await script(original, "up", [...small, ...renamed]));
  const now = await inDocker();
  t.is(now.split("\n").length, 4, now);
  t.false(now.split("\n").some((line) => made.includes(line)));
  made = now;
});

test.serial("a checkout that was moved removes its own cluster", async (t) => {
  await rename(original, moved);
  succeeded(t, await script(moved, "down", ["--stack", "renamed"]));
  t.is(await inDocker(), "");
});
