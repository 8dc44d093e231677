// The substitute for Pulumi's Command plugin, by its own tests, which are in Go.
import test from "ava";
import { runGo } from "../../toolchain/offline/go.ts";
import { offlineFolder } from "../../toolchain/offline/programs.ts";

test("the substitute for the Command plugin passes its own tests", async (t) => {
  await t.notThrowsAsync(
    runGo("Testing the substitute for the Command plugin", offlineFolder, [
      ...["test", "-count=1", "./pulumi-resource-command"],
    ]),
  );
});
