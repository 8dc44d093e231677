// The programs that are compiled if nothing can be downloaded, tested by their own Go tests.
import test from "ava";
import { runGo } from "../../toolchain/offline/go.ts";
import { offlineFolder } from "../../toolchain/offline/programs.ts";

const joining = ["authority", "join", "join_agent", "join_server", "wait", "settings", "join_test"].map(
  (name) => `kubernetes/${name}.go`,
);

for (const [what, packages] of [
  ["the substitute for the Command plugin", ["./pulumi-resource-command"]],
  ["what keeps other users out of Pulumi's ports", ["./own-user"]],
  // Not the package, which would compile all of Kubernetes again.
  ["the way in which agents join the nodes' image's cluster", joining],
] as const) {
  test.serial(`${what} passes its own tests`, async (t) => {
    await t.notThrowsAsync(runGo(`Testing ${what}`, offlineFolder, ["test", "-count=1", ...packages]));
  });
}
