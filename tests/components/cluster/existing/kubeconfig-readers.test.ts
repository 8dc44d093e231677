// How our readers interpret each kubeconfig: in the same way as kubectl, against which tests/e2e/kubectl.test.ts checks
// the table.
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VersionApi } from "@kubernetes/client-node";
import test from "ava";
import { readKubeconfig } from "../../../../components/cluster/existing/kubeconfig-files.ts";
import { ClusterConfig } from "../../../../components/kubernetes/cluster-config.ts";
import { kubeconfigCases, type Seen, startCaseServers, writeCase } from "../../../helpers/kubeconfig-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "pi-speedup-readers-"));
const servers = await startCaseServers(folder);
test.after.always(() => servers.stop());

for (const [i, each] of kubeconfigCases(servers).entries()) {
  test.serial(`a kubeconfig with ${each.what} is ${each.expected === "refused" ? "refused" : "taken"}`, async (t) => {
    const own = join(folder, String(i));
    mkdirSync(own);
    const env = { ...process.env, NO_PROXY: "", HTTPS_PROXY: "", ...each.env, KUBECONFIG: writeCase(each, own) };
    const asked = async (): Promise<Seen> => {
      const { kubeconfig } = await readKubeconfig({ path: "", context: each.context ?? "" }, env);
      servers.seen.length = 0;
      const config = new ClusterConfig(kubeconfig, "of this case", env);
      await config.login();
      await config.makeApiClient(VersionApi).getCode();
      return servers.seen[0] ?? {};
    };
    if (each.expected === "refused") await t.throwsAsync(asked);
    else t.deepEqual(await asked(), each.expected);
  });
}
