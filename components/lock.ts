// One process at a time, across processes.
import { existsSync, readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";

/**
 * Runs `work` while no other process holds the lock file; a lock whose holder no longer runs counts for nothing.
 * @param waiting is called once when another process holds it, with its process id.
 */
export async function withLock<T>(lock: string, waiting: (holder: number) => void, work: () => Promise<T>): Promise<T> {
  for (let told = false; !(await take(lock)); ) {
    const holder = Number(await readFile(lock, "utf8").catch(() => ""));
    if (holder > 0 && !isRunning(holder)) {
      await rm(lock, { force: true });
      continue;
    }
    if (!told) waiting(holder);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Whether a process of that number runs on this machine. One that is dead but not yet collected by its parent doesn't. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\tZ/m.test(readFileSync(status, "utf8"));
}
