// The way from an empty machine to the tools, against a local server that stands in for the official downloads.
import { spawn, spawnSync } from "node:child_process";
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
import { text } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { releaseOf, type Tool } from "../../toolchain/releases.ts";

const here = { platform: process.platform, architecture: process.arch };
const tools: Tool[] = ["pulumi", "k3d", "kubernetes", "command"];

/** A program that says which one it is. */
const program = (name: string) => `#!/bin/sh\necho "the downloaded ${name}"\n`;

/** The file of a release, made up. */
function fileOf(tool: Tool, folder: string): Buffer {
  if (tool === "k3d") return Buffer.from(program(tool));
  const name = tool === "pulumi" ? "pulumi/pulumi" : `pulumi-resource-${tool}`;
  const root = mkdtempSync(join(folder, `${tool}-`));
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), program(tool), { mode: 0o755 });
  const made = spawnSync("tar", ["-C", root, "-czf", "-", name.split("/")[0] ?? ""]);
  return made.stdout;
}

/** Serves all releases for this machine. `tampered` comes with another content than its checksum says. */
async function downloads(t: ExecutionContext, tampered?: Tool) {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-downloads-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const served = new Map<string, Buffer>();
  for (const tool of tools) {
    const { repository, version, file, checksums } = releaseOf(tool, here);
    const content = fileOf(tool, folder);
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

/** A checkout with the sources of the toolchain, and a machine without tools. */
function emptyMachine(t: ExecutionContext, origin: string) {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-machine-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const checkout = join(folder, "checkout");
  for (const part of [
    "toolchain",
    "analysis/printable.js",
    "components/host",
    "components/program/log-line.ts",
    "components/failure.js",
    "package.json",
  ]) {
    cpSync(part, join(checkout, part), { recursive: true });
  }
  symlinkSync(join(process.cwd(), "node_modules"), join(checkout, "node_modules"));
  const cache = join(folder, "cache");
  const prepare = async () => {
    const code = `const { prepareTools } = await import("./toolchain/tools.ts");
      const { env } = await prepareTools();
      console.log(JSON.stringify({ PATH: env.PATH, PULUMI_HOME: env.PULUMI_HOME }));`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      cwd: checkout,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/bin:/bin", HOME: folder, PI_SPEEDUP_CACHE: cache, PI_SPEEDUP_DOWNLOADS: origin },
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await ended, stdout, stderr };
  };
  return { prepare, cache };
}

/** What a command prints, found on a PATH. */
const run = (name: string, PATH: string) => spawnSync("sh", ["-c", name], { env: { PATH }, encoding: "utf8" }).stdout;

test("all tools are downloaded once, and found by Pulumi", async (t) => {
  const { origin, requests } = await downloads(t);
  const { prepare } = emptyMachine(t, origin);
  const first = await prepare();
  t.is(first.code, 0, first.stderr);
  const { PATH, PULUMI_HOME } = JSON.parse(first.stdout) as { PATH: string; PULUMI_HOME: string };
  t.is(run("pulumi", PATH), "the downloaded pulumi\n");
  t.is(run("k3d", PATH), "the downloaded k3d\n");
  for (const tool of ["kubernetes", "command"] as const) {
    const place = join(PULUMI_HOME, "plugins", `resource-${tool}-${releaseOf(tool, here).version}`);
    t.deepEqual(readdirSync(place), [`pulumi-resource-${tool}`]);
    t.is(readFileSync(join(place, `pulumi-resource-${tool}`), "utf8"), program(tool));
  }
  t.is(requests.length, 8);
  t.notRegex(first.stderr, /substitute/);
  const second = await prepare();
  t.is(second.stdout, first.stdout);
  t.is(requests.length, 8);
});

for (const tampered of tools) {
  test(`a ${tampered} that is not what its maker published ends the run, and nothing of it is kept or built`, async (t) => {
    const { origin } = await downloads(t, tampered);
    const { prepare, cache } = emptyMachine(t, origin);
    const { code, stderr } = await prepare();
    t.not(code, 0);
    t.regex(stderr, /is not what it should be: its SHA-256 sum is /);
    t.false(readdirSync(cache).some((entry) => entry.startsWith(`${tampered}-v`)));
    t.false(existsSync(join(cache, "go")), "nothing was compiled instead");
  });
}
