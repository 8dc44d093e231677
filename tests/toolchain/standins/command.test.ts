import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { type JsonObject, secret, unknown } from "../../../toolchain/standins/wire.ts";
import { startStandIn, urnOf } from "./plugin-process.ts";

const type = "command:local:Command";
const urn = urnOf(type, "greet");
// One process serves all tests that need nothing special of it.
const plugin = await startStandIn("command.ts");
test.after.always(() => plugin.end());

async function own(t: ExecutionContext, options: { cwd?: string; env?: Record<string, string> } = {}) {
  const plugin = await startStandIn("command.ts", options);
  t.teardown(() => plugin.end());
  return plugin;
}

const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "standin-command-")));

test("it reports the version of the npm package whose plugin it stands for", async (t) => {
  const { version } = createRequire(import.meta.url)("@pulumi/command/package.json");
  t.is(await plugin.version(), version);
});

test("a creation runs `create` by /bin/sh and keeps what it printed, each without its last newline", async (t) => {
  const inputs = { create: "echo one; echo; echo $0 >&2" };
  const { id, state } = await plugin.create(urn, inputs);
  t.regex(id, /^greet[0-9a-f]{8}$/);
  t.deepEqual(state, { ...inputs, stdout: "one\n", stderr: "/bin/sh" });
});

test("a Command without `create` is made without running anything", async (t) => {
  t.deepEqual((await plugin.create(urn, {})).state, { stdout: "", stderr: "" });
});

test("a preview runs nothing and knows no output", async (t) => {
  const file = join(folder(), "made");
  const inputs = { create: `touch ${file}` };
  const outputs = { stdout: unknown, stderr: unknown };
  t.deepEqual((await plugin.create(urn, inputs, { preview: true })).state, { ...inputs, ...outputs });
  t.deepEqual(await plugin.update(urn, "id", { ...inputs, stdout: "x" }, inputs, true), { ...inputs, ...outputs });
  t.throws(() => readFileSync(file), { code: "ENOENT" });
});

test("a command runs in the folder where the engine started the plugin, or in `dir`, relative to it", async (t) => {
  const cwd = folder();
  const plugin = await own(t, { cwd });
  t.is((await plugin.create(urn, { create: "pwd" })).state.stdout, cwd);
  await plugin.create(urn, { create: "mkdir inner" });
  t.is((await plugin.create(urn, { create: "pwd", dir: "inner" })).state.stdout, join(cwd, "inner"));
  await t.throwsAsync(plugin.create(urn, { create: "pwd", dir: "none" }), {
    message: /chdir none: no such directory: running "pwd":/,
  });
});

test("the environment is the machine's, then the program's, then what was printed before", async (t) => {
  const plugin = await own(t, { env: { MACHINE: "m", BOTH: "machine" } });
  const inputs = {
    create: "echo $MACHINE $BOTH $PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR; echo err >&2",
    environment: { BOTH: "program", PULUMI_COMMAND_STDERR: "mine" },
  };
  const { state } = await plugin.create(urn, inputs);
  t.is(state.stdout, "m program mine");
  t.is((await plugin.update(urn, "id", state, inputs)).stdout, "m program m program mine err");
});

test("`addPreviousOutputInEnv: false` keeps what was printed before out of the environment", async (t) => {
  const inputs = { create: "echo [$PULUMI_COMMAND_STDOUT]", addPreviousOutputInEnv: false };
  t.is((await plugin.update(urn, "id", { ...inputs, stdout: "old", stderr: "old" }, inputs)).stdout, "[]");
});

test("an interpreter gets the command as its last argument", async (t) => {
  const inputs = { create: "x y", interpreter: ["/bin/echo", "-n", "a"] };
  t.is((await plugin.create(urn, inputs)).state.stdout, "a x y");
});

test("stdin goes in, and a command may leave it unread", async (t) => {
  t.is((await plugin.create(urn, { create: "cat", stdin: "π\n\n" })).state.stdout, "π\n");
  t.is((await plugin.create(urn, { create: "echo done", stdin: "x".repeat(1e6) })).state.stdout, "done");
  t.is((await plugin.create(urn, { create: "cat" })).state.stdout, "");
});

test("an update runs `update`, else `create`, else nothing", async (t) => {
  const olds = { create: "echo old", stdout: "old", stderr: "kept" };
  const both = { create: "echo created", update: "echo updated" };
  t.deepEqual(await plugin.update(urn, "id", olds, both), { ...both, stdout: "updated", stderr: "" });
  t.is((await plugin.update(urn, "id", olds, { create: "echo created" })).stdout, "created");
  t.deepEqual(await plugin.update(urn, "id", olds, { delete: "false" }), {
    delete: "false",
    stdout: "old",
    stderr: "kept",
  });
});

test("what was printed before stays, but is secret only where the engine makes it so", async (t) => {
  const updated = await plugin.update(urn, "id", { stdout: secret("old"), stderr: "" }, { delete: "false" });
  t.is(updated.stdout, "old");
});

test("a deletion runs `delete` with the inputs of the state and what was printed last", async (t) => {
  const file = join(folder(), "deleted");
  await plugin.delete(urn, "id", {
    delete: `{ cat; echo "$NAME $PULUMI_COMMAND_STDOUT"; } > ${file}`,
    stdin: secret("in "),
    environment: { NAME: "value" },
    stdout: secret("out"),
    stderr: "",
  });
  t.is(readFileSync(file, "utf8"), "in value out\n");
  await plugin.delete(urn, "id", { create: "false", stdout: "", stderr: "" });
});

test("a failed command's error holds status, command line and all that was printed", async (t) => {
  const create = 'echo "out"; echo err >&2; exit 3';
  const error = await t.throwsAsync(plugin.create(urn, { create, logging: "none" }));
  t.regex(error?.message ?? "", /exit status 3: running "echo \\"out\\"; echo err >&2; exit 3":\n/);
  t.true(error?.message.includes("out\n") && error.message.includes("err\n"));
});

test("a command that can't be started says so", async (t) => {
  const inputs = { create: "x", interpreter: ["/no/such/program"] };
  await t.throwsAsync(plugin.create(urn, inputs), { message: /spawn \/no\/such\/program ENOENT: running "x":/ });
});

const shown: [logging: string | undefined, messages: string[]][] = [
  [undefined, ["out", "err"]],
  ["stdoutAndStderr", ["out", "err"]],
  ["stdout", ["out"]],
  ["stderr", ["err"]],
  ["none", []],
];
for (const [logging, messages] of shown) {
  test(`logging ${logging ?? "unset"} shows ${messages.join(" and ") || "nothing"}`, async (t) => {
    const mine = urnOf(type, `logging-${logging}`);
    await plugin.create(mine, { create: "echo out; sleep 0.1; printf err >&2", ...(logging && { logging }) });
    const logged = plugin.logged.filter(({ urn }) => urn === mine);
    t.deepEqual(
      logged.map(({ message }) => message),
      messages,
    );
    t.true(logged.every(({ passing }) => passing));
  });
}

test("lines are shown while the command runs, whole and in order", async (t) => {
  const mine = urnOf(type, "live");
  const messages = () => plugin.logged.filter(({ urn }) => urn === mine).map(({ message }) => message);
  const gate = join(folder(), "gate");
  const wait = `while [ ! -e ${gate} ]; do sleep 0.02; done`;
  const created = plugin.create(mine, { create: `printf 'a\\nb'; ${wait}; printf 'c\\n'; echo d` });
  while (messages().length === 0) await sleep(20);
  t.deepEqual(messages(), ["a"]);
  writeFileSync(gate, "");
  await created;
  t.deepEqual(messages(), ["a", "bc", "d"]);
});

/** A command whose child writes to a file again and again, and how to see that it does no more. */
function beating() {
  const file = join(folder(), "beat");
  const create = `while :; do date +%N > ${file}; sleep 0.02; done & echo started; wait`;
  const stopped = async () => {
    await sleep(100);
    const last = readFileSync(file, "utf8");
    await sleep(200);
    return readFileSync(file, "utf8") === last;
  };
  return { create, stopped };
}

test("a cancelled command goes with all that it started, and says that it was killed", async (t) => {
  const plugin = await own(t);
  const { create, stopped } = beating();
  const created = plugin.create(urn, { create });
  while (plugin.logged.length === 0) await sleep(20);
  t.false(await stopped());
  await plugin.cancel();
  await t.throwsAsync(created, { message: /signal: killed: running .*\nstarted\n$/s });
  t.true(await stopped());
});

test("a command that takes longer than the resource's timeout is killed", async (t) => {
  const { create, stopped } = beating();
  await t.throwsAsync(plugin.create(urn, { create }, { timeout: 0.3 }), { message: /signal: killed: running / });
  t.true(await stopped());
});

test("the stand-in ends, and its commands with it, when the engine is gone", async (t) => {
  const plugin = await own(t);
  const { create, stopped } = beating();
  plugin.create(urn, { create }).catch(() => {});
  while (plugin.logged.length === 0) await sleep(20);
  plugin.endEngine();
  await plugin.exited;
  t.true(await stopped());
});

test("secret inputs are used, and stay secret in the state", async (t) => {
  const inputs = { create: "cat; echo $KEY", stdin: secret("s"), environment: { KEY: secret("k") } };
  const { state } = await plugin.create(urn, inputs);
  t.deepEqual(state, { ...inputs, stdout: "sk", stderr: "" });
});

const differences: [title: string, olds: JsonObject, news: JsonObject, details: Record<string, string>][] = [
  ["the same inputs are no change", { create: "a", triggers: [1] }, { create: "a", triggers: [1] }, {}],
  ["a changed command updates", { create: "a" }, { create: "b" }, { create: "UPDATE" }],
  ["a changed stdin updates", { stdin: secret("a") }, { stdin: secret("b") }, { stdin: "UPDATE" }],
  ["a new variable updates", { environment: {} }, { environment: { A: "1" } }, { "environment.A": "ADD" }],
  ["a changed trigger replaces", { triggers: [1, "x"] }, { triggers: [1, "y"] }, { "triggers[1]": "UPDATE_REPLACE" }],
  ["one trigger less replaces", { triggers: [1, 2] }, { triggers: [1] }, { "triggers[1]": "DELETE_REPLACE" }],
  [
    "a trigger that is not known yet replaces",
    { triggers: ["x"] },
    { triggers: unknown },
    { triggers: "UPDATE_REPLACE" },
  ],
  ["what the engine adds is no input", { create: "a" }, { create: "a", version: "9", __internal: {} }, {}],
];
for (const [title, olds, news, details] of differences) {
  test(`diff: ${title}`, async (t) => {
    const paths = Object.keys(details);
    t.deepEqual(await plugin.diff(urn, "id", olds, news), {
      changed: paths.length > 0,
      replaces: paths.filter((path) => path.startsWith("triggers")),
      deleteBeforeReplace: false,
      details,
    });
  });
}

const checks: [title: string, inputs: JsonObject, failures: string[]][] = [
  ["good inputs pass", { create: "a", triggers: [{}], logging: "none" }, []],
  ["inputs that are not known yet pass", { create: unknown, triggers: unknown, environment: unknown }, []],
  ["a wrong type is named, its value is not", { stdin: secret(5) }, ["stdin: stdin must be string."]],
  [
    "a wrong `logging` says what is allowed",
    { logging: "all" },
    ['logging: logging must be ("stdout" | "stderr" | "stdoutAndStderr" | "none").'],
  ],
  [
    "assets are refused",
    { assetPaths: ["*"] },
    [
      "assetPaths: assetPaths is not known to the stand-in for the Command plugin: leave it out or use the official plugin.",
    ],
  ],
];
for (const [title, inputs, failures] of checks) {
  test(`check: ${title}`, async (t) => {
    t.deepEqual(await plugin.check(urn, inputs), { inputs, failures });
  });
}

test("a refresh leaves a Command as it is", async (t) => {
  const state = { create: "a", stdout: secret("x"), stderr: "" };
  t.deepEqual(await plugin.read(urn, "id", state, { create: "a" }), { id: "id", state, inputs: { create: "a" } });
});

test("other resources and functions are refused by name", async (t) => {
  await t.throwsAsync(plugin.check(urnOf("command:remote:Command"), {}), {
    message:
      /command:remote:Command is not known to the stand-in for the Command plugin, only command:local:Command is\./,
  });
  await t.throwsAsync(plugin.invoke("command:local:run"), {
    message: /command:local:run is not known to this stand-in/,
  });
});
