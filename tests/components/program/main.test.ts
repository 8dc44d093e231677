// The entry point of the programs behind the Commands, and what runs a program by its name.
import { spawnSync } from "node:child_process";
import test, { type ExecutionContext } from "ava";
import { programs } from "../../../components/program/registry.ts";
import { runProgram } from "../../../components/program/run-program.ts";
import { assertFault } from "../../helpers/faults.ts";

/** `exec node components/program/main.ts NAME`, as a state holds it. */
function start(name: string, stdin: string) {
  return spawnSync(process.execPath, ["components/program/main.ts", name], { input: stdin, encoding: "utf8" });
}

/** What is told on stderr by a program that fails in this process. */
async function failureOf(t: ExecutionContext, name: string, stdin: string): Promise<string> {
  const { write } = process.stderr;
  let told = "";
  process.stderr.write = (text: string | Uint8Array) => {
    told += text;
    return true;
  };
  try {
    t.deepEqual(await runProgram(name, async () => stdin), { code: 1, stdout: "" });
  } finally {
    process.stderr.write = write;
  }
  return told;
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

test("a program gets its settings on stdin, and prints its result alone", (t) => {
  const { status, stdout, stderr } = start("draw-identity", "{}");
  t.is(status, 0);
  t.regex(stdout, /^"[0-9a-f-]{36}"\n$/);
  t.is(stderr, "");
});

test("a program that fails prints its message on stderr, and nothing on stdout", (t) => {
  const { status, stdout, stderr } = start("draw-identity", "no JSON");
  t.is(status, 1);
  t.is(stdout, "");
  t.regex(stderr, /Settings of the program draw-identity: /);
});

for (const name of ["of-tomorrow", "", "constructor", "__proto__"]) {
  test.serial(`a missing program "${name}" is reported (program-unknown)`, async (t) => {
    assertFault(t, "program-unknown", await failureOf(t, name, "{}"));
  });
}

for (const stdin of ["", "no JSON: a-secret", '{"kubeconfig":"a-secret","workers":"a-secret"}']) {
  test.serial(
    `settings that do not match the contract (${stdin.slice(0, 12)}) are refused, and never quoted`,
    async (t) => {
      const told = await failureOf(t, "collect-results", stdin);
      t.regex(told, /Settings of the program collect-results: /);
      t.notRegex(told, /a-secret/);
    },
  );
}
