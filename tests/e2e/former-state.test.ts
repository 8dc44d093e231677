// Stacks that were last deployed before the programs had a single entry point. Their states contain the old paths, and
// Pulumi runs a stored deletion as it is. The single machine was then measured once, before the Job.
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { docker, mine, pulumi, type Result, removeRemains, script, stack } from "../helpers/stack.ts";

const small = ["--config=pi-speedup:samples=200000", "--config=pi-speedup:agents=2"];

function succeeded(t: ExecutionContext, { code, stdout, stderr }: Result): void {
  t.is(code, 0, `${stdout}\n${stderr}`);
}

/** The nodes' containers. */
function nodes(): Promise<string> {
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
    return value.filter((resource) => !/::(baseline-after|identity)$/.test(String(resource.urn)));
  }
  if (Array.isArray(value)) return value.filter((each) => !String(each).endsWith("::identity"));
  if (key === "stdin" && typeof value === "string") return JSON.stringify(JSON.parse(value, withoutIdentity));
  if (typeof value !== "string") return value;
  if (value.startsWith("urn:")) return value.replace(/::baseline-before$/, "::baseline");
  const name = /^exec node components\/program\/main\.ts ([a-z-]+)$/.exec(value)?.[1];
  if (name !== undefined) return key === "update" ? undefined : `exec node ${formerPaths[name]}`;
  // The kubeconfig was printed as it is; a secret stands as JSON in the state.
  if (key !== "plaintext") return value;
  const secret: unknown = JSON.parse(value);
  return typeof secret === "string" && secret.startsWith('"apiVersion') ? secret : value;
}

function withoutIdentity(key: string, value: unknown): unknown {
  return key === "identity" ? undefined : value;
}

/** The stack's state, secrets in plain text. */
async function stateText(t: ExecutionContext): Promise<string> {
  const exported = await pulumi("stack", "export", "--show-secrets", "--stack", stack);
  succeeded(t, exported);
  return exported.stdout;
}

async function importState(t: ExecutionContext, state: unknown): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pi-speedup-test-"));
  try {
    writeFileSync(join(folder, "state.json"), JSON.stringify(state), { mode: 0o600 });
    succeeded(t, await pulumi("stack", "import", "--stack", stack, "--file", join(folder, "state.json")));
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Resource {
  urn: string;
  type: string;
  inputs?: { stdin?: string };
  outputs?: { stdout?: unknown };
}

/** Resources that remain when nothing but the cluster is made. */
const clusterAlone = /^(pulumi:pulumi:Stack|pi-speedup:cluster:EmbeddedCluster|pulumi:providers:command)$/;

/**
 * Puts a cluster of the former release in the place of the stack's: made by its door, so without an identity, and with a state
 * that holds nothing else.
 */
async function makeFormerCluster(t: ExecutionContext): Promise<void> {
  // Pulumi's own format.
  const state = JSON.parse(await stateText(t)) as { deployment: { resources: Resource[] } };
  const cluster = state.deployment.resources.find(({ urn }) => urn.endsWith("Command::cluster"));
  const settings = cluster?.inputs?.stdin ?? "";
  const { env } = await prepareTools();
  await run("node", ["components/program/main.ts", "delete-cluster"], { env, input: settings });
  const input = JSON.stringify(JSON.parse(settings, withoutIdentity));
  const made = await run("node", ["components/cluster/k3d.command.ts", "create"], { env, input });
  if (cluster?.outputs) {
    // A secret, as Pulumi marks one.
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    cluster.outputs.stdout = { ...secret, plaintext: JSON.stringify(made.stdout.trim()) };
  }
  state.deployment.resources = state.deployment.resources.filter(
    (each) => each === cluster || clusterAlone.test(each.type),
  );
  await importState(t, JSON.parse(JSON.stringify(state), formerly));
}

/** Puts the state back to what the former release had written: its command lines, a kubeconfig as it stands, no update. */
async function rewriteState(t: ExecutionContext): Promise<void> {
  const state = JSON.parse(await stateText(t), formerly);
  t.notRegex(JSON.stringify(state), /main\.ts|::baseline-|identity/);
  await importState(t, state);
}

test.serial.before("nothing of an earlier run is in the way", async () => {
  await removeRemains();
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await removeRemains();
});

test.serial("`up` on a state of the previous release keeps the cluster and the Job", async (t) => {
  succeeded(t, await script("up", ...small));
  await makeFormerCluster(t);
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

test.serial("`down` alone on a state of the previous release leaves nothing", async (t) => {
  await makeFormerCluster(t);
  t.is((await nodes()).trim().split("\n").length, 2);
  succeeded(t, await script("down"));
  t.is(await nodes(), "");
});
