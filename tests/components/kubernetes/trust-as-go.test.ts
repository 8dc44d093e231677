import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import { startCaseServers } from "../../helpers/kubeconfig-cases.ts";

// The table of kubeconfigs tests the rest. A process reads the system's authorities only once, so this test has its own process.
const folder = mkdtempSync(join(tmpdir(), "pi-speedup-trust-"));
const servers = await startCaseServers(folder);
test.after.always(() => {
  servers.stop();
  rmSync(folder, { recursive: true });
});

async function ask(env: NodeJS.ProcessEnv): Promise<string> {
  const kubeconfig = JSON.stringify({
    "current-context": "pi",
    clusters: [{ name: "c", cluster: { server: servers.secure } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "pi", context: { cluster: "c", user: "u" } }],
  });
  const script = `
    const { VersionApi } = await import("@kubernetes/client-node");
    const { ClusterConfig } = await import("./components/kubernetes/cluster-config.ts");
    const config = new ClusterConfig(${JSON.stringify(kubeconfig)}, "of pi", {});
    console.log(await config.makeApiClient(VersionApi).getCode().then(() => "taken", (error) => error.cause?.code));`;
  const child = spawn("node", ["--input-type=module", "-e", script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return (await text(child.stdout)).trim();
}

test("without an authority in the kubeconfig it is the system's that count, as a company adds its own", async (t) => {
  const file = join(folder, "system.pem");
  writeFileSync(file, servers.authority);
  t.is(await ask({ SSL_CERT_FILE: file }), "taken");
  t.not(await ask({}), "taken");
});
