// A lock for one process at a time, among all processes of a machine. Plain JavaScript, because toolchain/bootstrap.js
// needs it under an older Node.js, which can't run TypeScript.
//
// A lock is a file that names its holder. It is written under another name and then linked into place, so nobody ever
// sees half of one. Linking fails if a lock already exists. A process that finds the lock of a dead process first takes
// a lock on removing exactly that one. Otherwise two processes could find it, and the second would remove the lock that
// the first has taken meanwhile.

import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { constants, existsSync, readFileSync, readlinkSync } from "node:fs";
import { link, lstat, open, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../analysis/failure.js";
import { withId } from "../../analysis/fault-ids.js";
import { makePrivateFolder } from "./private-folder.js";

/**
 * The holder of a lock.
 * @typedef {object} Holder
 * @property {number} pid
 * @property {string} started when that process started, as the system reports it, because process ids are reused
 * @property {string} boot which boot of the machine it belongs to; empty if unknown
 * @property {string} namespace which container's process ids `pid` belongs to; empty if unknown
 * @property {string} host
 * @property {string} nonce distinguishes two locks of one process
 */

/**
 * @typedef {{ holder: Holder | undefined, id: string, touched: string, age: number }} Found the content of a lock file;
 * no holder if it is damaged
 */

/**
 * Milliseconds. A holder touches its lock every `touch`. If we have watched the lock for `silence` without a touch, a
 * holder on another machine or in another container is dead. By the clock alone, it is dead after `sameClock` if it is
 * in a container on this machine, and after `age` on another machine, whose clock may be wrong. After waiting for
 * `explain`, the user is told how to continue by hand.
 */
const milliseconds = {
  firstWait: 5,
  longestWait: 200,
  touch: 5_000,
  silence: 30_000,
  sameClock: 600_000,
  age: 86_400_000,
  explain: 60_000,
};

/**
 * Tells the user that another process holds a lock. Called at once with its process id, and again after a minute with a
 * sentence to show instead.
 * @typedef {(holder: number, sentence?: string) => void} AnnounceWait
 */

/**
 * Runs `work` while no other process holds the lock file. A lock is ignored if its holder is gone, or if it is damaged.
 * @template T
 * @param {string} lock a file in a folder that is created for the user alone
 * @param {AnnounceWait} announceWait
 * @param {(heldBy: (pid: number) => Promise<void>) => Promise<T>} work may name a process that it has started. From
 * then on, the lock lasts as long as that process runs, even if this one is killed
 * @param {Partial<typeof milliseconds>} [times] times that differ from {@link milliseconds}
 * @returns {Promise<T>}
 * @throws {Failure} if other users could tamper with the folder, or the lock can't be written
 */
export async function withLock(lock, announceWait, work, times = {}) {
  await makePrivateFolder(dirname(lock));
  const { release, heldBy } = await acquire(lock, announceWait, { ...milliseconds, ...times });
  try {
    await sweep(lock);
    return await work(heldBy);
  } finally {
    await release();
  }
}

/**
 * Whether a process holds the lock now. A holder on another machine or in another container counts as alive.
 * @param {string} lock
 */
export async function isHeld(lock) {
  const found = await readLock(lock);
  return found !== undefined && !isAbandoned(found, false);
}

/**
 * @param {string} lock
 * @param {AnnounceWait} announceWait
 * @param {typeof milliseconds} times
 * @returns {Promise<{ release: () => Promise<void>, heldBy: (pid: number) => Promise<void> }>}
 */
async function acquire(lock, announceWait, times) {
  const holder = self();
  const text = JSON.stringify(holder);
  const candidate = `${lock}.${holder.nonce}`;
  try {
    const begun = performance.now();
    let announced = 0;
    let wait = times.firstWait;
    let silent = { touched: "", since: 0 };
    while (!(await linked(candidate, text, lock))) {
      const found = await readLock(lock);
      if (found === undefined) continue;
      if (silent.touched !== found.touched) silent = { touched: found.touched, since: performance.now() };
      if (found.holder === undefined || isAbandoned(found, performance.now() - silent.since > times.silence)) {
        await removeAbandoned(lock, found, times);
        continue;
      }
      const waited = performance.now() - begun;
      if (announced === 0) {
        announceWait(found.holder.pid);
        announced = 1;
      } else if (announced === 1 && waited > times.explain) {
        announceWait(found.holder.pid, stillWaiting(found.holder, lock, waited));
        announced = 2;
      }
      await sleep(wait);
      wait = Math.min(2 * wait, times.longestWait);
    }
  } finally {
    await rm(candidate, { force: true });
  }
  const touching = setInterval(() => {
    const now = new Date();
    // It may be released at this very moment.
    utimes(lock, now, now).catch(() => {});
  }, times.touch);
  touching.unref();
  // If another process took it over, because it had reason to believe that we are dead, it belongs to that process.
  const isOurs = async () => (await readLock(lock))?.holder?.nonce === holder.nonce;
  return {
    async release() {
      clearInterval(touching);
      if (await isOurs()) await rm(lock, { force: true });
    },
    async heldBy(pid) {
      const started = startOf(pid);
      if (started === undefined || !(await isOurs())) return;
      await write(candidate, JSON.stringify({ ...holder, pid, started }), lock);
      await rename(candidate, lock);
    },
  };
}

/** @param {Holder} holder @param {string} lock @param {number} waited milliseconds */
function stillWaiting(holder, lock, waited) {
  const { host, namespace } = here();
  const where =
    holder.host !== host
      ? ` on ${holder.host.split(" ")[0] || "another machine"}`
      : holder.namespace !== namespace
        ? " in another container"
        : "";
  return withId(
    "lock-held-long",
    `Still waiting after ${Math.round(waited / 1000)} s for process ${holder.pid}${where}, which holds the lock "${lock}". If you are sure that it is not a run of pi-speedup, remove that file, and this run goes on.`,
  );
}

/** @param {string} lock @param {Found} found @param {typeof milliseconds} times */
async function removeAbandoned(lock, found, times) {
  const { release } = await acquire(`${lock}.${found.id}`, () => {}, times);
  try {
    if ((await readLock(lock))?.id === found.id) await rm(lock, { force: true, recursive: true });
  } finally {
    await release();
  }
}

/**
 * Removes what killed processes left next to the lock that we hold. This includes locks on removing an older lock,
 * which nobody needs any more.
 * @param {string} lock
 */
async function sweep(lock) {
  const folder = dirname(lock);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(lock)}.`)) continue;
    const found = await readLock(join(folder, name));
    if (found !== undefined && isAbandoned(found, false))
      await rm(join(folder, name), { force: true, recursive: true });
  }
}

/**
 * @param {string} candidate file to link. Created if it is missing, because another process may have swept it away as
 * damaged while it was half written
 * @param {string} text
 * @param {string} lock
 * @returns {Promise<boolean>} whether there was no lock
 */
async function linked(candidate, text, lock) {
  try {
    await link(candidate, lock);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    if (!hasCode(error, "ENOENT")) throw unwritable(lock, error);
    await write(candidate, text, lock);
    return linked(candidate, text, lock);
  }
}

/**
 * Not synced, because after a power failure its holder is gone as well.
 * @param {string} candidate
 * @param {string} text
 * @param {string} lock
 */
async function write(candidate, text, lock) {
  try {
    await writeFile(candidate, text, { mode: 0o600 });
  } catch (error) {
    // On a full disk, the file may exist without its content.
    await rm(candidate, { force: true });
    throw unwritable(lock, error);
  }
}

/** @param {string} lock @param {unknown} error */
function unwritable(lock, error) {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure(
    "lock-unwritable",
    `The lock "${lock}" could not be created (${why}). Free some space on its disk, or keep its folder on a file system with hard links, and run this again.`,
    { cause: error },
  );
}

/** @param {string} lock @returns {Promise<Found | undefined>} nothing if there is none */
async function readLock(lock) {
  try {
    const { ino, mtimeNs, size } = await lstat(lock, { bigint: true });
    const touched = `${ino} ${mtimeNs} ${size}`;
    // Anything larger, a link or a folder was not created by us.
    const holder = size < 4096n ? parseHolder(await readFileItself(lock)) : undefined;
    const id = createHash("sha256").update(holder?.nonce ?? touched);
    const age = Date.now() - Number(mtimeNs / 1_000_000n);
    return { holder, id: id.digest("hex").slice(0, 16), touched, age };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    if (hasCode(error, "EACCES")) {
      throw new Failure(
        "lock-foreign",
        `The lock "${lock}" belongs to another user and cannot be read. Make sure that no other run of pi-speedup is going on, remove that file, and run this again.`,
      );
    }
    throw error;
  }
}

/** Text of a file; empty for anything else, including links. @param {string} file */
async function readFileItself(file) {
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return (await handle.stat()).isFile() ? await handle.readFile("utf8") : "";
  } catch (error) {
    if (hasCode(error, "ELOOP")) return "";
    throw error;
  } finally {
    await handle?.close();
  }
}

/** @param {string} text @returns {Holder | undefined} */
function parseHolder(text) {
  try {
    const { pid, started, boot, namespace, host, nonce } = JSON.parse(text);
    const texts = [started, boot, namespace, host, nonce];
    const sound = Number.isSafeInteger(pid) && pid > 0 && texts.every((each) => typeof each === "string");
    return sound ? { pid, started, boot, namespace, host, nonce } : undefined;
  } catch {
    return undefined;
  }
}

/** @returns {Holder} */
function self() {
  return { pid: process.pid, started: startOf(process.pid) ?? "", ...here(), nonce: randomUUID() };
}

function here() {
  const bootFile = "/proc/sys/kernel/random/boot_id";
  const namespaceLink = "/proc/self/ns/pid";
  const machineFile = "/etc/machine-id";
  return {
    boot: existsSync(bootFile) ? readFileSync(bootFile, "utf8").trim() : "",
    namespace: existsSync(namespaceLink) ? readlinkSync(namespaceLink) : "",
    // Machines that were set up in the same way may have the same name.
    host: [hostname(), existsSync(machineFile) ? readFileSync(machineFile, "utf8").trim() : ""].join(" "),
  };
}

/** @param {Found} found @param {boolean} silent whether we watched, and its holder has not touched it for too long */
function isAbandoned({ holder, age }, silent) {
  if (holder === undefined) return true;
  const { boot, namespace, host } = here();
  // A system that does not report its boots can only be identified by its name.
  if (holder.boot === boot && holder.namespace === namespace && (boot !== "" || holder.host === host)) {
    const started = startOf(holder.pid);
    return started === undefined || (started !== "" && holder.started !== "" && started !== holder.started);
  }
  // This machine has been rebooted since.
  if (holder.boot !== boot && holder.host === host) return true;
  return silent || age > (holder.boot === boot && boot !== "" ? milliseconds.sameClock : milliseconds.age);
}

/**
 * When a process started, as the system reports it; empty if unknown. A zombie does not count as running.
 * @param {number} pid
 * @returns {string | undefined} nothing if no such process runs
 */
function startOf(pid) {
  if (existsSync("/proc/self/stat")) {
    try {
      // The name in parentheses may contain anything. The state is the 3rd field, the start in clock ticks the 22nd.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return /^[ZX]$/.test(fields[0] ?? "") ? undefined : (fields[19] ?? "");
    } catch {
      // There is no such process, or it is hidden from us.
      return signalReaches(pid) ? "" : undefined;
    }
  }
  try {
    const [state = "", ...start] = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      timeout: 10_000,
      // Two terminals may have different languages and time zones.
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    })
      .trim()
      .split(/\s+/);
    return state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return signalReaches(pid) ? "" : undefined;
  }
}

/** Whether a process with this id runs on this machine. @param {number} pid */
export function isRunning(pid) {
  return startOf(pid) !== undefined;
}

/** @param {number} pid */
function signalReaches(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

/** @param {unknown} error @param {string} code */
function hasCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}
