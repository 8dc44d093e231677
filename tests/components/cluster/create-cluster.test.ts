import test from "ava";
import { runTool } from "../../../components/host/run-tool.ts";

test("the Pulumi program loads nothing that only other ways to a cluster, or the programs behind Commands, need", async (t) => {
  const code = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        if (!found.url.startsWith("node:")) loaded.push(found.url);
        return found;
      },
    });
    await import("./components/cluster/create-cluster.ts");
    console.log(loaded.join("\\n"));`;
  const { stdout } = await runTool(process.execPath, ["--input-type=module", "--eval", code], { seconds: 120 });
  const loaded = stdout.split("\n");
  t.true(loaded.some((url) => url.endsWith("/components/cluster/embedded/names.ts")));
  for (const slow of [
    "/node_modules/execa/",
    "/node_modules/@kubernetes/client-node/",
    "/components/host/run-tool.ts",
  ]) {
    // Pulumi's own library has an older execa of its own.
    const found = loaded.filter((url) => url.includes(slow) && !url.includes("/@pulumi/"));
    t.deepEqual(found, [], slow);
  }
});
