// From an empty machine to the tools, with a local server that replaces the official downloads.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { releaseOf, type Tool } from "../../toolchain/releases.ts";
import { inEnvironment } from "../helpers/in-environment.ts";

const here = { platform: process.platform, architecture: process.arch };
const tools: Tool[] = ["pulumi", "k3d", "kubernetes", "command"];

/** A program that says which one it is. */
const program = (name: string) => `#!/bin/sh\necho "the downloaded ${name}"\n`;

/** The file of a release, made up. */
function fileOf(tool: Tool): Buffer {
  if (tool === "k3d") return Buffer.from(program(tool));
  const name = tool === "pulumi" ? "pulumi/pulumi" : `pulumi-resource-${tool}`;
  const root = mkdtempSync(join(tmpdir(), "pi-speedup-downloads-"));
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), program(tool), { mode: 0o755 });
  const made = spawnSync("tar", ["-C", root, "-czf", "-", name.split("/")[0] ?? ""]);
  rmSync(root, { recursive: true });
  return made.stdout;
}

const files = new Map(tools.map((tool) => [tool, fileOf(tool)]));

/** A server of releases, and the paths that it was asked for. */
interface Releases {
  origin: string;
  requests: string[];
}

/** Serves all releases for this machine. `tampered` comes with another content than its checksum says. */
async function downloads(t: ExecutionContext, tampered?: Tool): Promise<Releases> {
  const served = new Map<string, Buffer>();
  for (const [tool, content] of files) {
    const { repository, version, file, checksums } = releaseOf(tool, here);
    const base = `/${repository}/releases/download/${version}`;
    const sum = createHash("sha256").update(content).digest("hex");
    served.set(`${base}/${checksums}`, Buffer.from(`${sum}  ${file}\n`));
    served.set(`${base}/${file}`, tool === tampered ? Buffer.from("tampered") : content);
  }
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const found = served.get(request.url ?? "");
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo; // listening on TCP
  return { origin: `http://127.0.0.1:${port}`, requests };
}

/** A checkout with the sources of the toolchain, which keep their state in it. */
const checkout = mkdtempSync(join(tmpdir(), "pi-speedup-checkout-"));
test.after.always(() => rmSync(checkout, { recursive: true }));
for (const part of [
  "toolchain",
  "analysis/printable.js",
  "components/host",
  "components/program/log-line.ts",
  "analysis/failure.js",
  "analysis/fault-ids.js",
  "package.json",
]) {
  cpSync(part, join(checkout, part), { recursive: true });
}
symlinkSync(join(process.cwd(), "node_modules"), join(checkout, "node_modules"));
// It is a copy of that module.
const { prepareTools }: typeof import("../../toolchain/tools.ts") = await import(
  join(checkout, "toolchain", "tools.ts")
);

const checksumsFile = join(checkout, "toolchain", "checksums.json");
const checksums = { committed: readFileSync(checksumsFile), none: "{}" };

/**
 * A machine without tools. What the servers here send has no checksums in the repository, unless it is to be held to
 * those that there are.
 */
function emptyMachine(t: ExecutionContext, releases: Releases, go?: string, held: keyof typeof checksums = "none") {
  const home = mkdtempSync(join(tmpdir(), "pi-speedup-machine-"));
  t.teardown(() => rmSync(home, { recursive: true }));
  const cache = join(home, "cache");
  const programs = join(home, "bin");
  mkdirSync(programs);
  if (go !== undefined) writeFileSync(join(programs, "go"), go, { mode: 0o755 });
  const prepare = async (from = releases) => {
    const env = {
      PATH: `${programs}:/usr/bin:/bin`,
      HOME: home,
      PI_SPEEDUP_CACHE: cache,
      PI_SPEEDUP_DOWNLOADS: from.origin,
    };
    const { result, stderr } = await inEnvironment(env, async () => {
      writeFileSync(checksumsFile, checksums[held]);
      try {
        return await prepareTools();
      } catch (error) {
        await othersEnd(from.requests, join(cache, "locks"));
        throw error;
      }
    });
    const { PATH = "", PULUMI_HOME = "" } = result.env;
    return { PATH, PULUMI_HOME, stderr };
  };
  return { prepare, cache, home };
}

/**
 * A tool that fails ends the script, and with it what goes on for the other tools. Here it goes on to its end: each is
 * asked for while its lock is held.
 */
async function othersEnd(requests: readonly string[], locks: string): Promise<void> {
  const isAsked = (tool: Tool) => requests.some((path) => path.startsWith(`/${releaseOf(tool, here).repository}/`));
  while (!tools.every(isAsked) || readdirSync(locks).length > 0) await sleep(5);
}

/** What a command prints, found on a PATH. */
const run = (name: string, PATH: string) => spawnSync("sh", ["-c", name], { env: { PATH }, encoding: "utf8" }).stdout;

test("all tools are downloaded once, and found by Pulumi", async (t) => {
  const releases = await downloads(t);
  const { requests } = releases;
  const { prepare } = emptyMachine(t, releases);
  const { stderr, ...first } = await prepare();
  const { PATH, PULUMI_HOME } = first;
  t.is(run("pulumi", PATH), "the downloaded pulumi\n");
  t.is(run("k3d", PATH), "the downloaded k3d\n");
  for (const tool of ["kubernetes", "command"] as const) {
    const place = join(PULUMI_HOME, "plugins", `resource-${tool}-${releaseOf(tool, here).version}`);
    t.deepEqual(readdirSync(place), [`pulumi-resource-${tool}`]);
    t.is(readFileSync(join(place, `pulumi-resource-${tool}`), "utf8"), program(tool));
  }
  t.is(requests.length, 8);
  t.notRegex(stderr, /substitute/);
  t.like(await prepare(), first);
  t.is(requests.length, 8);
});

test("a k3d that its server's own list vouches for is refused by the repository's checksum", async (t) => {
  const { prepare, cache } = emptyMachine(t, await downloads(t), undefined, "committed");
  const { message } = await t.throwsAsync(prepare());
  t.regex(message, /\/k3d-\S+ is not what it should be: its SHA-256 sum is /);
  t.false(readdirSync(cache).some((entry) => entry.startsWith("k3d-v")));
});

for (const tampered of tools) {
  test(`a ${tampered} that differs from what its vendor published ends the run, and nothing of it is kept or built`, async (t) => {
    const { prepare, cache } = emptyMachine(t, await downloads(t, tampered));
    const { message } = await t.throwsAsync(prepare());
    t.regex(message, /is not what it should be: its SHA-256 sum is /);
    t.false(readdirSync(cache).some((entry) => entry.startsWith(`${tampered}-v`)));
    t.false(existsSync(join(cache, "go")), "nothing was compiled instead");
  });
}

/** A Go that makes empty programs, knows its own version, and has of Pulumi's SDK the one file that is changed. */
const go = `#!/bin/sh
if [ "$1 $2" = "env GOVERSION" ]; then echo go1.99.0; exit; fi
if [ "$1 $2" = "env -json" ]; then echo '{"GOPROXY":"https://proxy.example"}'; exit; fi
echo "$GOPROXY $GOENV" >> "$HOME/go-environments"
if [ "$1 $2" = "mod download" ]; then
  while read -r module version rest; do [ "$module" != "$3" ] || break; done < go.mod
  mkdir -p "$GOMODCACHE/$3@$version/go/common/util/rpcutil"
  echo 'srv.Serve(lis)' > "$GOMODCACHE/$3@$version/go/common/util/rpcutil/serve.go"
  exit
fi
while [ "$1" != -o ]; do shift; done
folder=$2; shift 2
for package; do
  name=\${package##*/}; [ "$name" = v5 ] && name=k3d
  printf '#!/bin/sh\\necho "the built %s" "$@"\\n' "$name" > "$folder/$name"; chmod 755 "$folder/$name"
done
`;

/** A server that never serves. */
async function blocked(t: ExecutionContext, status: number): Promise<Releases> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo; // listening on TCP
  return { origin: `http://127.0.0.1:${port}`, requests };
}

const told =
  /^Used as built on this machine, since the official downloads are out of reach: Pulumi's CLI, k3d, Pulumi's Kubernetes plugin, and pi-speedup's own substitute for Pulumi's Command plugin [0-9.]+\.$/m;

test("built tools are named at each use, and the downloads are tried again once a day", async (t) => {
  const releases = await blocked(t, 503);
  const { requests } = releases;
  const { prepare, cache, home } = emptyMachine(t, releases, go);
  const first = await prepare();
  t.regex(first.stderr, told);
  t.is(run("k3d", first.PATH), "the built k3d\n");
  // As Pulumi.yaml has it, which an older host does not read.
  t.is(run("pulumi-language-nodejs", first.PATH), "the built pulumi-language-nodejs -typescript=false\n");
  const asked = requests.length;
  t.true(asked > 0);
  const second = await prepare();
  t.regex(second.stderr, told);
  t.is(requests.length, asked);
  writeFileSync(join(cache, "downloads-asked"), new Date(Date.now() - 90_000_000).toISOString());
  t.regex((await prepare()).stderr, told);
  t.true(requests.length > asked);
  // The user's own place of modules, although their other settings do not count.
  for (const line of readFileSync(join(home, "go-environments"), "utf8").trim().split("\n")) {
    t.is(line, "https://proxy.example off");
  }
});

test("downloads that are reachable again replace built tools", async (t) => {
  const machine = emptyMachine(t, await blocked(t, 503), go);
  await machine.prepare();
  rmSync(join(machine.cache, "downloads-asked"));
  const { PATH, stderr } = await machine.prepare(await downloads(t));
  t.notRegex(stderr, /Used as built/);
  t.is(run("k3d", PATH), "the downloaded k3d\n");
});

test("a server that has no such release ends the run, and nothing is built instead", async (t) => {
  const { prepare, cache } = emptyMachine(t, await blocked(t, 404), go);
  const { message } = await t.throwsAsync(prepare());
  t.regex(message, /was not found \(HTTP status 404\)/);
  t.false(readdirSync(cache).some((entry) => entry.startsWith("built-")));
});
