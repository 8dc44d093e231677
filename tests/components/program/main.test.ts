// The entry point of the programs behind the Commands.
import { spawnSync } from "node:child_process";
import test from "ava";
import { programs } from "../../../components/program/registry.ts";
import { assertFault } from "../../helpers/faults.ts";

/** `exec node components/program/main.ts NAME`, as a state holds it. */
function run(name: string, stdin = "{}") {
  return spawnSync(process.execPath, ["components/program/main.ts", name], { input: stdin, encoding: "utf8" });
}

test("all names in states exist, each with its contract's name", async (t) => {
  t.deepEqual(Object.keys(programs).sort(), [
    "collect-results",
    "create-cluster",
    "delete-cluster",
    "draw-identity",
    "load-image",
    "measure-baseline",
    "update-cluster",
  ]);
  for (const [name, load] of Object.entries(programs)) t.is((await load()).name, name);
});

for (const name of ["of-tomorrow", "", "constructor", "__proto__"]) {
  test(`a missing program "${name}" is reported (program-unknown)`, (t) => {
    const { status, stdout, stderr } = run(name);
    t.is(status, 1);
    t.is(stdout, "");
    assertFault(t, "program-unknown", stderr);
  });
}

for (const stdin of ["", "no JSON: a-secret", '{"kubeconfig":"a-secret","workers":"a-secret"}']) {
  test(`settings that do not match the contract (${stdin.slice(0, 12)}) are refused, and never quoted`, (t) => {
    const { status, stdout, stderr } = run("collect-results", stdin);
    t.is(status, 1);
    t.is(stdout, "");
    t.regex(stderr, /Settings of the program collect-results: /);
    t.notRegex(stderr, /a-secret/);
  });
}
