// Stacks that were last deployed before the programs had one door: their states hold the paths of that time, and Pulumi
// runs a stored deletion as it stands. The single machine was then measured once, before the Job.
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { docker, pulumi, type Result, script, useStack } from "../helpers/stack.ts";

useStack("former");

const small = ["--config=pi-speedup:samples=200000", "--config=pi-speedup:agents=2"];

function succeeded(t: ExecutionContext, { code, stdout, stderr }: Result): void {
  t.is(code, 0, `${stdout}\n${stderr}`);
}

/** The nodes' containers. */
function nodes(): Promise<string> {
  const mine = ["--filter=label=pi-speedup.stack=former", `--filter=label=pi-speedup.folder=${process.cwd()}`];
  return docker("ps", "--all", "--no-trunc", ...mine, "--format={{.ID}} {{.Names}}");
}

const formerPaths: Record<string, string> = {
  "create-cluster": "components/cluster/k3d.command.ts create",
  "delete-cluster": "components/cluster/k3d.command.ts delete",
  "load-image": "components/cluster/image.command.ts",
  "measure-baseline": "components/measurement/baseline.command.ts",
  "collect-results": "components/measurement/collector.command.ts",
};

/** A value of a state as the former release had written it, as JSON.parse hands it over. */
function formerly(key: string, value: unknown): unknown {
  if (key === "resources" && Array.isArray(value)) {
    return value.filter((resource) => !String(resource.urn).endsWith("::baseline-after"));
  }
  if (typeof value !== "string") return value;
  if (value.startsWith("urn:")) return value.replace(/::baseline-before$/, "::baseline");
  const name = /^exec node components\/program\/main\.ts ([a-z-]+)$/.exec(value)?.[1];
  if (name !== undefined) return key === "update" ? undefined : `exec node ${formerPaths[name]}`;
  // The kubeconfig was printed as it is; a secret stands as JSON in the state.
  if (key !== "plaintext") return value;
  const secret: unknown = JSON.parse(value);
  return typeof secret === "string" && secret.startsWith('"apiVersion') ? secret : value;
}

/** Puts the state back to what the former release had written: its command lines, a kubeconfig as it stands, no update. */
async function rewriteState(t: ExecutionContext): Promise<void> {
  const exported = await pulumi("stack", "export", "--show-secrets", "--stack", "former");
  succeeded(t, exported);
  const state = JSON.stringify(JSON.parse(exported.stdout, formerly));
  t.notRegex(state, /main\.ts|::baseline-/);
  const folder = await mkdtemp(join(tmpdir(), "pi-speedup-test-"));
  try {
    writeFileSync(join(folder, "state.json"), state, { mode: 0o600 });
    succeeded(t, await pulumi("stack", "import", "--stack", "former", "--file", join(folder, "state.json")));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.serial.before("nothing of an earlier run is in the way", async () => {
  await script("down");
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await script("down");
});

test.serial("`up` on a state of the former release leaves the cluster alone and the Job as it is", async (t) => {
  succeeded(t, await script("up", ...small));
  const before = await nodes();
  t.is(before.trim().split("\n").length, 3);
  await rewriteState(t);
  const up = await script("up", ...small);
  succeeded(t, up);
  t.is(await nodes(), before);
  t.notRegex(up.stdout, /kubernetes:\S+ .*(creat|replac|delet|updat)ed/);
  succeeded(t, await script("up", ...small, "--expect-no-changes"));
});

test.serial("other `agents` on a state of the former release make another cluster", async (t) => {
  const before = await nodes();
  await rewriteState(t);
  succeeded(t, await script("up", ...small, "--config=pi-speedup:agents=1"));
  const after = await nodes();
  t.is(after.trim().split("\n").length, 2);
  t.false(after.split("\n").some((line) => line !== "" && before.includes(line)));
});

test.serial("`down` alone on a state of the former release leaves nothing", async (t) => {
  await rewriteState(t);
  succeeded(t, await script("down"));
  t.is(await nodes(), "");
});
