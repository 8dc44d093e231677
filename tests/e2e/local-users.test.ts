// Other users of this machine while Pulumi runs. By Pulumi's protocol, its programs answer each other on loopback ports
// without credentials. Our builds accept only their own user; the official downloads accept everyone, as
// docs/security.md says. Only root can become another user, so these tests only run as root.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { pluginsIn } from "../../toolchain/plugins.ts";
import { pluginVersions } from "../../toolchain/releases.ts";
import { run } from "../../toolchain/run.ts";
import { prepareTools } from "../../toolchain/tools.ts";
import { assertFault } from "../helpers/faults.ts";
import { removeRemains, script, stack, stackFile } from "../helpers/stack.ts";

const { env } = await prepareTools({ k3d: false });
const { command, kubernetes } = await pluginsIn(env);
const guarded = command.includes("substitute") && kubernetes.includes("built") && process.platform === "linux";
const asRoot = process.getuid?.() === 0;
const nobody = 65534;
const whereGuarded = guarded && asRoot ? test.serial : test.serial.skip;

const programs: ChildProcess[] = [];
/** What they have said so far. */
let said = "";
// It says of whatever it is asked that it does not know it.
const engine = createServer().on("stream", (stream) => {
  stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "12" }, { endStream: true });
});
let engineAddress = "";

test.before("an engine that answers, so that the plugins stay", async () => {
  await new Promise<void>((resolve) => engine.listen(0, "127.0.0.1", resolve));
  // An address of a listening TCP server is never a string.
  engineAddress = `127.0.0.1:${(engine.address() as AddressInfo).port}`;
});
test.after.always("nothing is left, whatever happened", async () => {
  for (const program of programs) program.kill("SIGKILL");
  engine.close();
  await removeRemains();
});

/** Starts one of Pulumi's programs and returns the port on which it answers. */
async function start(program: string): Promise<number> {
  const child = spawn(program, [engineAddress], { env, stdio: ["ignore", "pipe", "pipe"] });
  programs.push(child);
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve(Number(line)));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
  });
}

const pluginFile = (name: "command" | "kubernetes") =>
  join(env.PULUMI_HOME ?? "", "plugins", `resource-${name}-v${pluginVersions[name]}`, `pulumi-resource-${name}`);

/** What comes of asking at a port, as this user or another one. */
async function ask(asked: { port: number; command?: string; user?: number }): Promise<unknown> {
  const { stdout } = await run("node", ["tests/helpers/other-user.js", JSON.stringify(asked)]);
  return JSON.parse(stdout);
}

whereGuarded("the Command plugin runs a command for its own user, and none for another one", async (t) => {
  const port = await start(pluginFile("command"));
  t.is(await ask({ port, command: "id -u" }), "0");
  // 14: unavailable.
  t.is(await ask({ port, command: "id -u", user: nobody }), "refused: 14");
  assertFault(t, "stranger-refused", said);
});

whereGuarded("neither the Kubernetes plugin nor the language host speaks to another user", async (t) => {
  const { stdout } = await run("sh", ["-c", 'command -v pulumi-language-nodejs || dirname "$(command -v pulumi)"'], {
    env,
  });
  const found = stdout.trim();
  const host = found.endsWith("nodejs") ? found : join(found, "pulumi-language-nodejs");
  for (const program of [pluginFile("kubernetes"), host]) {
    const port = await start(program);
    t.true(await ask({ port }), program);
    t.false(await ask({ port, user: nobody }), program);
  }
});

/** Ports of the loopback on which processes listen that this one has started, directly or not. */
function portsBelow(ancestor: number): number[] {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].filter((file) => existsSync(file));
  const rows = tables.flatMap((file) => readFileSync(file, "utf8").split("\n").slice(1));
  const listening = new Map<string, number>(
    rows.flatMap((row) => {
      const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/);
      return state === "0A" ? [[`socket:[${inode}]`, Number.parseInt(local.split(":")[1] ?? "", 16)] as const] : [];
    }),
  );
  return familyOf(ancestor).flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => listening.get(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []);
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** A process and all that come of it. */
function familyOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(familyOf)];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

whereGuarded("while a stack is previewed, no port of Pulumi's programs speaks to another user", async (t) => {
  const made = await script("output");
  t.is(made.code, 0, made.stderr);
  const args = ["preview", `--stack=${stack}`, `--config-file=${stackFile}`, "--config=pi-speedup:baseline=1"];
  const preview = spawn("pulumi", args, { env, detached: true, stdio: "ignore" });
  const ended = new Promise((resolve) => preview.once("exit", resolve));
  const strangers = new Map<number, unknown>();
  const open = new Set<number>();
  while (preview.exitCode === null && preview.signalCode === null) {
    const ports = portsBelow(preview.pid ?? 0).filter((port) => !strangers.has(port));
    await Promise.all(
      ports.map(async (port) => {
        strangers.set(port, await ask({ port, user: nobody }));
        // A port that has closed meanwhile refuses everybody, and tells nothing.
        if ((await ask({ port })) === true) open.add(port);
      }),
    );
    await sleep(50);
  }
  await ended;
  t.is(preview.exitCode, 0);
  t.log(`${strangers.size} ports were tried, ${open.size} of them were still open to their own user afterwards`);
  // The engine's, its monitor of resources, the language host's and the plugins'.
  t.true(open.size >= 3, `${open.size} ports`);
  t.deepEqual([...new Set(strangers.values())], [false]);
});

test.serial("the guarded plugins are known", (t) => {
  t.log(guarded ? `guarded: ${command}, ${kubernetes}` : "the official plugins let in every user of this machine");
  if (!asRoot) t.log("only root can try what another user can do");
  t.pass();
});
