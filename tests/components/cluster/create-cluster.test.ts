import { registerHooks } from "node:module";
import test from "ava";

test("the Pulumi program loads nothing that only other ways to a cluster, or the programs behind Commands, need", async (t) => {
  const loaded: string[] = [];
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (!found.url.startsWith("node:")) loaded.push(found.url);
      return found;
    },
  });
  // Only now, and by nothing before it in this process: what is there already is not loaded again.
  await import("../../../components/cluster/create-cluster.ts");
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
