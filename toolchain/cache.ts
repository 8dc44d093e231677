// One folder for everything that is fetched or built. An entry is made beside its place and moved there when
// it is whole, so nobody ever sees half of one.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** `$PI_SPEEDUP_CACHE`, else `pi-speedup` in `$XDG_CACHE_HOME`, else `~/.cache/pi-speedup`. */
export function cacheFolder(): string {
  const { PI_SPEEDUP_CACHE: own, XDG_CACHE_HOME: caches } = process.env;
  return own || join(caches || join(homedir(), ".cache"), "pi-speedup");
}

/**
 * The folder that `make` has filled, made now if it is not there. Two processes that want the same one: the
 * second waits for the first. What a killed one left is cleared.
 * @param recipe whatever decides what comes out: versions, the text of files that go in.
 */
export async function cached(
  name: string,
  recipe: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const place = join(
    cacheFolder(),
    `${name}-${createHash("sha256").update(recipe.join("\0")).digest("hex").slice(0, 12)}`,
  );
  if (existsSync(place)) return place;
  await mkdir(cacheFolder(), { recursive: true });
  return withLock(`${place}.lock`, async () => {
    if (existsSync(place)) return place;
    const unfinished = `${place}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await make(unfinished);
    await rename(unfinished, place);
    return place;
  });
}

/** Runs `work` while no other process does; a lock whose holder no longer runs counts for nothing. */
export async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  for (let told = false; ; ) {
    try {
      await writeFile(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const holder = Number(await readFile(lock, "utf8").catch(() => ""));
    if (holder > 0 && !isRunning(holder)) {
      await rm(lock, { force: true });
    } else {
      if (!told) console.error(`Waiting for process ${holder}, which is making the same thing (${lock}) …`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
