// Plugins that outlive their engine, with real processes: shells of these names that only wait.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import test, { type ExecutionContext } from "ava";
import { endOrphanedPlugins, notEnded, type PluginFolders } from "../../../scripts/stack/orphaned-plugins.ts";
import { assertFault } from "../../helpers/faults.ts";

const whereTold = process.platform === "linux" ? test.serial : test.serial.skip;

interface Checkout extends PluginFolders {
  /** The plugin, as the engine calls it. */
  plugin: string;
}

/** A checkout with a plugin, whose program lies in a cache as ours do. */
function checkout(t: ExecutionContext, cache: string): Checkout {
  const home = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const plugin = join(home, "plugins", "resource-command-v1.2.1", "pulumi-resource-command");
  mkdirSync(dirname(plugin), { recursive: true });
  const program = join(cache, "plugin-command", "pulumi-resource-command");
  mkdirSync(dirname(program), { recursive: true });
  copyShell(program);
  symlinkSync(program, plugin);
  return { home, programs: [cache, home], plugin };
}

/** By another program: a file that this one still had open for writing when a test forks could not be run (ETXTBSY). */
function copyShell(target: string): void {
  execFileSync("cp", ["/bin/sh", target]);
}

function newCache(t: ExecutionContext): string {
  const cache = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(cache, { recursive: true, force: true }));
  return cache;
}

/** A plugin says its process id, and reads what never comes. */
const waits = 'read -r never <> "$0"';
const pluginCode = `echo $$; ${waits}`;
/** An engine that starts a plugin and waits. `deaf`: they take no notice of SIGTERM, which a program inherits. */
const engineCode = (deaf: boolean) => `${deaf ? "trap '' TERM;" : ""} "$1" -c "$2" "$0" & ${waits}`;

/** Runs a plugin under an engine, which is a program called `pulumi`. */
async function started(
  t: ExecutionContext,
  plugin: string,
  deaf = false,
): Promise<{ engine: ChildProcess; pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const pulumi = join(folder, "pulumi");
  copyShell(pulumi);
  const silence = join(folder, "silence");
  execFileSync("mkfifo", [silence]);
  const engine = spawn(pulumi, ["-c", engineCode(deaf), silence, plugin, pluginCode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = await new Promise<number>((resolve) => {
    createInterface({ input: engine.stdout }).once("line", (line) => resolve(Number(line)));
  });
  t.teardown(() => {
    engine.kill("SIGKILL");
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  return { engine, pid };
}

async function orphaned(t: ExecutionContext, plugin: string, deaf = false): Promise<number> {
  const { engine, pid } = await started(t, plugin, deaf);
  const gone = new Promise((resolve) => engine.once("exit", resolve));
  engine.kill("SIGKILL");
  await gone;
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** What is printed while plugins are ended. */
async function ending(folders: PluginFolders): Promise<string> {
  const printed: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = (text: string | Uint8Array) => printed.push(String(text)) > 0;
  try {
    await endOrphanedPlugins(folders);
  } finally {
    process.stderr.write = write;
  }
  return printed.join("");
}

whereTold("a plugin whose engine was killed is named and ended", async (t) => {
  const here = checkout(t, newCache(t));
  const pid = await orphaned(t, here.plugin);
  t.true(isAlive(pid));
  const printed = await ending(here);
  assertFault(t, "plugin-orphaned", printed);
  t.true(printed.includes(`process ${pid}`));
  t.false(isAlive(pid));
});

whereTold("one that takes no notice is ended by force", async (t) => {
  const here = checkout(t, newCache(t));
  const pid = await orphaned(t, here.plugin, true);
  await ending(here);
  t.false(isAlive(pid));
});

whereTold("a plugin whose engine runs is left alone", async (t) => {
  const here = checkout(t, newCache(t));
  const { pid } = await started(t, here.plugin);
  t.is(await ending(here), "");
  t.true(isAlive(pid));
});

whereTold("a plugin of another checkout is left alone, though it is the same program", async (t) => {
  const cache = newCache(t);
  const here = checkout(t, cache);
  const there = checkout(t, join(cache, "again"));
  const pid = await orphaned(t, there.plugin);
  t.is(await ending(here), "");
  t.true(isAlive(pid));
});

whereTold("a program that only calls itself this checkout's plugin is left alone", async (t) => {
  const here = checkout(t, newCache(t));
  // Its program lies elsewhere.
  const pid = await orphaned(t, here.plugin);
  t.is(await ending({ home: here.home, programs: [here.home] }), "");
  t.true(isAlive(pid));
});

whereTold("a plugin that is gone from the cache since is ended all the same", async (t) => {
  const here = checkout(t, newCache(t));
  const pid = await orphaned(t, here.plugin);
  rmSync(here.programs[0] ?? "", { recursive: true });
  await ending(here);
  t.false(isAlive(pid));
});

test("a plugin that can't be ended is reported with the command to try (plugin-undying)", (t) => {
  assertFault(t, "plugin-undying", notEnded({ pid: 12, started: "1", name: "pulumi-resource-command" }));
});

whereTold("where nothing was left nothing is said", async (t) => {
  t.is(await ending(checkout(t, newCache(t))), "");
});
