// Stacks that were last deployed before the programs had one door: their states hold the paths of that time, and Pulumi
// runs a stored deletion as it stands.
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { docker, pulumi, type Result, script, useStack } from "./stack.ts";

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

const formerly: Record<string, string> = {
  "create-cluster": "components/cluster/k3d.command.ts create",
  "delete-cluster": "components/cluster/k3d.command.ts delete",
  "load-image": "components/cluster/image.command.ts",
  "measure-baseline": "components/measurement/baseline.command.ts",
  "collect-results": "components/measurement/collector.command.ts",
};

/** Puts the state back to what the former release had written: its command lines, a kubeconfig as it stands, no update. */
async function rewriteState(t: ExecutionContext): Promise<void> {
  const exported = await pulumi("stack", "export", "--show-secrets", "--stack", "former");
  succeeded(t, exported);
  const state = exported.stdout
    .replaceAll(/"update": "exec node components\/program\/main\.ts [a-z-]+",?\s*/g, "")
    .replaceAll(/components\/program\/main\.ts ([a-z-]+)/g, (_, name: string) => formerly[name] ?? t.fail(name))
    // The kubeconfig was printed as it is; in the state a secret stands as JSON in a string.
    .replaceAll(/("plaintext": )("(?:[^"\\]|\\.)*")/g, (whole: string, key: string, text: string) => {
      const value = JSON.parse(JSON.parse(text)) as unknown;
      if (typeof value !== "string" || !value.startsWith('"apiVersion')) return whole;
      return `${key}${JSON.stringify(JSON.stringify(JSON.parse(value)))}`;
    });
  t.notRegex(state, /main\.ts/);
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
