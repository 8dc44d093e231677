// Pulumi's plugins that a killed Pulumi has left behind. They listen for whoever asks, and run what they are told, so those of
// this checkout are ended. On Linux; elsewhere the system does not tell what this needs.

import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withId } from "../../analysis/fault-ids.js";
import { logLine } from "../../components/program/log-line.ts";
import { cacheFolder } from "../../toolchain/cache.ts";
import { privateFolder } from "../../toolchain/paths.ts";

/** Where the plugins of a checkout are. */
export interface PluginFolders {
  /** The Pulumi home of the checkout, by which its engine calls a plugin. */
  home: string;
  /** The folders in which the programs themselves lie. */
  programs: readonly string[];
}

interface Plugin {
  pid: number;
  /** When it started, in the kernel's own ticks: a number alone is given out again. */
  started: string;
  name: string;
}

const ownFolders = (): PluginFolders => {
  const home = join(privateFolder, "pulumi-home");
  return { home, programs: [cacheFolder(), home] };
};

/** Milliseconds: how long a plugin has to end by itself, and between two looks at it. */
const milliseconds = { patience: 3000, interval: 50 };

/** Names the plugins of this checkout whose engine is gone, and ends them. */
export async function endOrphanedPlugins(folders: PluginFolders = ownFolders()): Promise<void> {
  for (const plugin of await orphanedPlugins(folders)) {
    if (await end(plugin, folders))
      logLine(withId("plugin-orphaned", `${whatListens(plugin)}. It was ended, and there is nothing to do.`));
    else logLine(notEnded(plugin));
  }
}

const whatListens = ({ name, pid }: Plugin) =>
  `Pulumi's plugin "${name}" from a killed run was still listening on this machine (process ${pid})`;

/** Says what is left to the user. The kernel ends no process that waits for a broken disk. */
export function notEnded(plugin: Plugin): string {
  return withId("plugin-undying", `${whatListens(plugin)}, and it did not end. End it with \`kill -9 ${plugin.pid}\`.`);
}

/** The plugins of a checkout whose engine is gone. */
export async function orphanedPlugins(folders: PluginFolders): Promise<Plugin[]> {
  if (process.platform !== "linux") return [];
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(numbers.map((pid) => orphanAt(pid, folders)));
  return found.flatMap((plugin) => plugin ?? []);
}

/** The plugin of that number, if it is one of the checkout's, the user's own, and its engine is gone. */
async function orphanAt(pid: number, { home, programs }: PluginFolders): Promise<Plugin | undefined> {
  const process_ = await look(pid);
  if (process_ === undefined || process_.user !== process.geteuid?.()) return undefined;
  const { started, parent, program, calledBy } = process_;
  const name = basename(program);
  if (!name.startsWith("pulumi-resource-")) return undefined;
  if (!isIn(calledBy, home) || !programs.some((folder) => isIn(program, folder))) return undefined;
  return (await mayBeEngine(parent)) ? undefined : { pid, started, name };
}

/** Whether a process may be a Pulumi that has started plugins. One that can't be looked at may be. */
async function mayBeEngine(pid: number): Promise<boolean> {
  if (pid === 1) return false;
  const parent = await look(pid);
  // It has ended just now, or is another user's: the next run will see.
  return parent === undefined || basename(parent.program).includes("pulumi");
}

interface Process {
  user: number;
  parent: number;
  started: string;
  /** The file that it runs. */
  program: string;
  /** The name by which it was called. */
  calledBy: string;
}

/** What the kernel tells the owner of a process; nothing where there is none, or it is another user's. */
async function look(pid: number): Promise<Process | undefined> {
  const [stat, status, program, line] = await Promise.all([
    readStat(pid),
    orNothing(readFile(`/proc/${pid}/status`, "utf8")),
    orNothing(readlink(`/proc/${pid}/exe`)),
    orNothing(readFile(`/proc/${pid}/cmdline`, "utf8")),
  ]);
  const user = /^Uid:\s+\d+\s+(\d+)/m.exec(status ?? "")?.[1];
  if (stat === undefined || user === undefined || program === undefined || line === undefined) return undefined;
  return {
    user: Number(user),
    parent: stat.parent,
    started: stat.started,
    // The cache may have been cleared since.
    program: program.replace(/ \(deleted\)$/, ""),
    calledBy: line.split("\0")[0] ?? "",
  };
}

function isIn(file: string, folder: string): boolean {
  return file.startsWith(folder.endsWith(sep) ? folder : folder + sep) && !file.split(sep).includes("..");
}

/** Ends a plugin, by force if it takes no notice. Returns whether it is gone. */
async function end(plugin: Plugin, folders: PluginFolders): Promise<boolean> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    // Right before the signal: the number may be another process's by now.
    const still = await orphanAt(plugin.pid, folders);
    if (still?.started === plugin.started) {
      try {
        process.kill(plugin.pid, signal);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    }
    for (let waited = 0; waited < milliseconds.patience; waited += milliseconds.interval) {
      if (await isGone(plugin)) return true;
      await sleep(milliseconds.interval);
    }
  }
  return isGone(plugin);
}

/** Whether it has ended. While it ends, it has no program any more and yet runs. */
async function isGone({ pid, started }: Plugin): Promise<boolean> {
  const fields = await readStat(pid);
  return fields === undefined || fields.started !== started || /^[ZX]$/.test(fields.state);
}

/** What the kernel tells anybody of a process; nothing where there is none. */
async function readStat(pid: number): Promise<{ state: string; parent: number; started: string } | undefined> {
  const stat = await orNothing(readFile(`/proc/${pid}/stat`, "utf8"));
  // The name in parentheses may hold anything. The state is the 3rd field, the parent the 4th, the start the 22nd.
  const fields = stat?.replace(/^.*\) /s, "").split(" ");
  return fields && { state: fields[0] ?? "", parent: Number(fields[1]), started: fields[19] ?? "" };
}

/** Nothing where a process has ended meanwhile (ENOENT, ESRCH), or is another user's (EACCES, EPERM). */
async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error) => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(String(code))) return undefined;
    throw error;
  });
}
