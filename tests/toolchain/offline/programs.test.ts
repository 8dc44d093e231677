import { readFileSync } from "node:fs";
import test from "ava";

/** Modules and their versions in a go.mod. */
function modulesOf(file: string): Map<string, string> {
  const lines = readFileSync(file, "utf8").matchAll(/^\s*(?:require )?([\w./~-]+) (v\S+)/gm);
  return new Map([...lines].map(([, module = "", version = ""]) => [module, version]));
}

test("the language host has the versions of the other programs, so that what they share is compiled once", (t) => {
  const own = "github.com/pulumi/pulumi/sdk/v3";
  const [all, host] = ["go.mod", "language-host/go.mod"].map((file) => modulesOf(`toolchain/offline/${file}`));
  const shared = [...(host ?? [])].filter(([module]) => module !== own && all?.has(module));
  t.true(shared.length > 30, `${shared.length} modules are shared`);
  for (const [module, version] of shared) t.is(version, all?.get(module) ?? "", module);
});
