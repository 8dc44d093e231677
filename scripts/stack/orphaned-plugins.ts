// Pulumi plugins left behind by a killed Pulumi. They accept connections from anyone and run what they are told, so
// those of this checkout are ended. On Linux only, because other systems do not provide the information.

import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withId } from "../../analysis/fault-ids.js";
import { logLine } from "../../components/program/log-line.ts";
import { cacheFolder } from "../../toolchain/cache.ts";
import { privateFolder } from "../../toolchain/paths.ts";

/** Where the plugins of a checkout are. */
export interface PluginFolders {
  /** The checkout's Pulumi home, through which its engine starts a plugin. */
  home: string;
  /** The folders that really contain the programs. */
  programs: readonly string[];
}

interface Plugin {
  pid: number;
  /** When it started, in kernel ticks. Process ids are reused, so the id alone is not enough. */
  started: string;
  name: string;
}

const ownFolders = (): PluginFolders => {
  const home = join(privateFolder, "pulumi-home");
  return { home, programs: [cacheFolder(), home] };
};

/** Milliseconds: how long a plugin may take to end, and the polling interval. */
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

/** Tells the user what to do. The kernel can't end a process that waits for a broken disk. */
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

/** The plugin with this process id, if it belongs to the checkout and this user, and its engine is gone. */
async function orphanAt(pid: number, { home, programs }: PluginFolders): Promise<Plugin | undefined> {
  const process_ = await look(pid);
  if (process_ === undefined || process_.user !== process.geteuid?.()) return undefined;
  const { started, parent, program, calledBy } = process_;
  const name = basename(program);
  if (!name.startsWith("pulumi-resource-")) return undefined;
  if (!isIn(calledBy, home) || !programs.some((folder) => isIn(program, folder))) return undefined;
  return (await mayBeEngine(parent)) ? undefined : { pid, started, name };
}

/** Whether a process may be a Pulumi that has started plugins. A process that can't be inspected may be one. */
async function mayBeEngine(pid: number): Promise<boolean> {
  if (pid === 1) return false;
  const parent = await look(pid);
  // It has just ended, or belongs to another user. The next run will find it.
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

/**
 * Information that the kernel gives only to the owner of a process; nothing if there is none, or if it belongs to
 * another user.
 */
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

/** Ends a plugin, by force if it does not react. Returns whether it is gone. */
async function end(plugin: Plugin, folders: PluginFolders): Promise<boolean> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    // Checked right before the signal, because the process id may have been reused.
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

/** Whether it has ended. A process that is ending has no program any more, but still exists. */
async function isGone({ pid, started }: Plugin): Promise<boolean> {
  const fields = await readStat(pid);
  return fields === undefined || fields.started !== started || /^[ZX]$/.test(fields.state);
}

/** Information that the kernel gives to everyone; nothing if there is no such process. */
async function readStat(pid: number): Promise<{ state: string; parent: number; started: string } | undefined> {
  const stat = await orNothing(readFile(`/proc/${pid}/stat`, "utf8"));
  // The name in parentheses may contain anything. The state is the 3rd field, the parent the 4th, the start the 22nd.
  const fields = stat?.replace(/^.*\) /s, "").split(" ");
  return fields && { state: fields[0] ?? "", parent: Number(fields[1]), started: fields[19] ?? "" };
}

/** Nothing if a process has ended meanwhile (ENOENT, ESRCH) or belongs to another user (EACCES, EPERM). */
async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error) => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(String(code))) return undefined;
    throw error;
  });
}
