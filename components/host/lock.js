// One process at a time, across the processes of a machine. Plain JavaScript, since toolchain/bootstrap.js needs it under
// an older Node.js, which cannot run TypeScript.
//
// A lock is a file that names its holder. It is written under another name and linked into place, so nobody ever sees half
// of one, and linking fails where there is one already. Whoever finds the lock of a dead process first takes a lock on
// removing exactly that one: otherwise two could find it, and the second would remove the lock that the first has taken
// meanwhile.

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
 * Who holds a lock.
 * @typedef {object} Holder
 * @property {number} pid
 * @property {string} started when that process started, as the system writes it; a number alone is given out again
 * @property {string} boot which start of the machine it lives in; empty where the system does not tell
 * @property {string} namespace which container's process numbers `pid` counts in; empty where the system does not tell
 * @property {string} host
 * @property {string} nonce tells two locks of one process apart
 */

/** @typedef {{ holder: Holder | undefined, id: string, touched: string, age: number }} Found what a lock file says; no holder: it is damaged */

/**
 * Milliseconds. A holder touches its lock every `touch`; one of another machine or container that has not for `silence`, as we
 * have watched, is dead. By the clock alone it is dead after `sameClock` where it is in a container of this machine, and after
 * `age` on another one, whose clock may be wrong.
 * Who has waited for `explain` is told how to go on by hand.
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
 * Tells the user that another process holds a lock: called at once with its process id, and once more, with a sentence to
 * be shown instead, after a minute.
 * @typedef {(holder: number, sentence?: string) => void} AnnounceWait
 */

/**
 * Runs `work` while no other process holds the lock file. A lock whose holder is gone, or that is damaged, counts for nothing.
 * @template T
 * @param {string} lock a file in a folder that is made for the user alone
 * @param {AnnounceWait} announceWait
 * @param {(heldBy: (pid: number) => Promise<void>) => Promise<T>} work may name a process that it has started: from then on
 *   the lock lasts as long as that one runs, even if this process is killed
 * @param {Partial<typeof milliseconds>} [times] other times than {@link milliseconds}
 * @returns {Promise<T>}
 * @throws {Failure} when other users could tamper with the folder, or the lock can't be written
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
 * Whether a process holds the lock now. One of another machine or container counts as alive.
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
  // Taken over by somebody who had reason to think us dead, it is theirs.
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
 * Removes what killed processes left beside the lock that we hold. Locks on removing an older lock are among it: nobody
 * needs them now.
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
 * @param {string} candidate file to be linked; made when it is not there, for whoever sweeps may take half of one for damaged
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
 * Not synced: after a power cut its holder is gone as well.
 * @param {string} candidate
 * @param {string} text
 * @param {string} lock
 */
async function write(candidate, text, lock) {
  try {
    await writeFile(candidate, text, { mode: 0o600 });
  } catch (error) {
    // A full disk takes the file and not what is in it.
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

/** @param {string} lock @returns {Promise<Found | undefined>} nothing where there is none */
async function readLock(lock) {
  try {
    const { ino, mtimeNs, size } = await lstat(lock, { bigint: true });
    const touched = `${ino} ${mtimeNs} ${size}`;
    // What is larger, a link or a folder was not made here.
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

/** Text of a file; empty for anything else that is there, links included. @param {string} file */
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
    // Machines that were set up alike may have one name.
    host: [hostname(), existsSync(machineFile) ? readFileSync(machineFile, "utf8").trim() : ""].join(" "),
  };
}

/** @param {Found} found @param {boolean} silent we have watched, and its holder has not touched it for too long */
function isAbandoned({ holder, age }, silent) {
  if (holder === undefined) return true;
  const { boot, namespace, host } = here();
  // A system that does not tell its starts can only be told by its name.
  if (holder.boot === boot && holder.namespace === namespace && (boot !== "" || holder.host === host)) {
    const started = startOf(holder.pid);
    return started === undefined || (started !== "" && holder.started !== "" && started !== holder.started);
  }
  // This machine has been started again since.
  if (holder.boot !== boot && holder.host === host) return true;
  return silent || age > (holder.boot === boot && boot !== "" ? milliseconds.sameClock : milliseconds.age);
}

/**
 * When a process started, as the system writes it; empty where it does not tell. A process that is dead but not yet
 * collected by its parent does not run.
 * @param {number} pid
 * @returns {string | undefined} nothing where no such process runs
 */
function startOf(pid) {
  if (existsSync("/proc/self/stat")) {
    try {
      // The name in parentheses may hold anything. The state is the 3rd field, the start in clock ticks the 22nd.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return /^[ZX]$/.test(fields[0] ?? "") ? undefined : (fields[19] ?? "");
    } catch {
      // No such process, or one that is hidden from us.
      return signalReaches(pid) ? "" : undefined;
    }
  }
  try {
    const [state = "", ...start] = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      // Two terminals may have two languages and time zones.
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    })
      .trim()
      .split(/\s+/);
    return state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return signalReaches(pid) ? "" : undefined;
  }
}

/** Whether a process of that number runs on this machine. @param {number} pid */
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
