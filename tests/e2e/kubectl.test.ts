// Checks the table of kubeconfigs against a real kubectl: we accept what it accepts and refuse what it refuses. Our
// kubeconfig for Pulumi's plugin, which uses kubectl's library, leads to the same request.
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import { findImage, readDigests } from "../../components/cluster/embedded/cluster-images.ts";
import { nodeImage, ownImages } from "../../components/cluster/embedded/node-image.ts";
import { readKubeconfig } from "../../components/cluster/existing/kubeconfig-files.ts";
import { ensureNodeImage } from "../../toolchain/offline/images.ts";
import { kubeconfigCases, type Seen, startCaseServers, writeCase } from "../helpers/kubeconfig-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "pi-speedup-kubectl-"));
const servers = await startCaseServers(folder);
test.after.always(() => servers.stop());

/** kubectl, out of the image of the nodes. */
async function kubectlOfNodes(): Promise<string> {
  await ensureNodeImage();
  const found = await findImage(nodeImage, ownImages.node, readDigests());
  if (found === undefined) throw new Error(`Docker has neither ${nodeImage} nor ${ownImages.node}.`);
  const file = join(folder, "kubectl");
  const script = 'cat "$(readlink -f "$(command -v kubectl)")"';
  const name = `pi-speedup-kubectl-${randomUUID()}`;
  const run = ["run", "--rm", "--name", name, "--entrypoint=sh", found.reference, "-c", script];
  try {
    const { status, stdout, stderr } = spawnSync("docker", run, { maxBuffer: 2 ** 30, timeout: 120_000 });
    if (status !== 0) throw new Error(stderr.toString());
    writeFileSync(file, stdout);
  } finally {
    // Where the client was ended, the container runs on.
    spawnSync("docker", ["rm", "--force", "--volumes", name]);
  }
  chmodSync(file, 0o755);
  return file;
}
let kubectl = "";
test.before(async () => {
  kubectl = await kubectlOfNodes();
});

async function ask(env: NodeJS.ProcessEnv, context: string): Promise<Seen | "refused"> {
  servers.seen.length = 0;
  const args = ["get", "--raw", "/version", "--request-timeout=20s", ...(context ? ["--context", context] : [])];
  const child = spawn(kubectl, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await text(child.stderr);
  return (await ended) === 0 ? (servers.seen[0] ?? {}) : "refused";
}

for (const [i, each] of kubeconfigCases(servers).entries()) {
  test.serial(
    `kubectl ${each.expected === "refused" ? "refuses" : "takes"} a kubeconfig with ${each.what}`,
    async (t) => {
      const own = join(folder, String(i));
      mkdirSync(own);
      const env = { PATH: process.env.PATH, HOME: own, ...each.env, KUBECONFIG: writeCase(each, own) };
      t.deepEqual(await ask(env, each.context ?? ""), each.expected);
      if (each.expected === "refused") return;
      const { kubeconfig } = await readKubeconfig({ path: "", context: each.context ?? "" }, env);
      const rewritten = join(own, "rewritten");
      writeFileSync(rewritten, kubeconfig, { mode: 0o600 });
      t.deepEqual(await ask({ ...env, KUBECONFIG: rewritten }, ""), each.expected, "as we hand it on");
    },
  );
}
