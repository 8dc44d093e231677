// One folder for everything that is fetched or built. An entry is made beside its place and moved there when
// it is whole, so nobody ever sees half of one.
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { withLock } from "../components/host/lock.js";
import { logLine } from "../components/program/log-line.ts";

/** `$PI_SPEEDUP_CACHE`, else `pi-speedup` in `$XDG_CACHE_HOME`, else `~/.cache/pi-speedup`. */
export function cacheFolder(): string {
  const { PI_SPEEDUP_CACHE: own, XDG_CACHE_HOME: caches } = process.env;
  return own || join(caches || join(homedir(), ".cache"), "pi-speedup");
}

/** Names an entry. */
export interface Entry {
  name: string;
  /** Whatever decides what comes out: versions, the text of files that go in. */
  recipe: readonly string[];
}

/** Where an entry is, or will be. */
function placeOf({ name, recipe }: Entry): string {
  const hash = createHash("sha256").update(recipe.join("\0")).digest("hex").slice(0, 12);
  return join(cacheFolder(), `${name}-${hash}`);
}

/** Whether an entry is there. */
export function isCached(entry: Entry): boolean {
  return existsSync(placeOf(entry));
}

/**
 * The folder that `make` has filled, made now if it is not there. Two processes that want the same one: the
 * second waits for the first. What a killed one left is cleared.
 */
export async function cached(
  name: string,
  recipe: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const [place = ""] = await cachedTogether([{ name, recipe }], async ([folder]) => {
    if (folder !== undefined) await make(folder);
  });
  return place;
}

/**
 * The same for several entries that are made at once.
 * @param make gets a folder for each entry, in their order; nothing for one that is there.
 */
export async function cachedTogether(
  entries: readonly Entry[],
  make: (folders: readonly (string | undefined)[]) => Promise<void>,
): Promise<string[]> {
  const places = entries.map(placeOf);
  // In one order, so that no two processes wait for each other.
  const missing = places.filter((place) => !existsSync(place)).sort();
  for (const folder of [cacheFolder(), ...places]) if (existsSync(folder)) await refuseForeign(folder);
  await withLocks(missing, async () => {
    // Each time another name: a program that outlives a killed run may still be writing into its folder.
    const unfinished = places.map((place) => (existsSync(place) ? undefined : `${place}.unfinished-${randomUUID()}`));
    for (const [i, folder] of unfinished.entries()) {
      if (folder === undefined) continue;
      await removeUnfinished(places[i] ?? "");
      await mkdir(folder, { mode: 0o700 });
    }
    if (unfinished.every((folder) => folder === undefined)) return;
    try {
      await make(unfinished);
    } catch (error) {
      for (const place of places) await removeUnfinished(place);
      throw error;
    }
    for (const [i, folder] of unfinished.entries()) {
      if (folder !== undefined) await rename(folder, places[i] ?? "");
    }
  });
  return places;
}

/**
 * What is in the cache is run, often as root, so nobody else may have written it.
 * @throws Error when a folder of the cache is somebody else's, or others may write in it.
 */
async function refuseForeign(folder: string): Promise<void> {
  const user = process.getuid?.();
  const { uid, mode } = await stat(folder);
  const why =
    user !== undefined && uid !== user
      ? `belongs to user ${uid} and not to you (user ${user})`
      : (mode & 0o022) !== 0
        ? "can be written by others"
        : undefined;
  if (why === undefined) return;
  throw new Error(
    `The folder "${folder}" ${why}, and programs are run from it. Remove it, or make it yours alone (\`chown -R ${user}\` and \`chmod -R go-w\`), and run this again; PI_SPEEDUP_CACHE names another place.`,
  );
}

/** Removes what killed runs left of an entry. */
async function removeUnfinished(place: string): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    if (name.startsWith(`${basename(place)}.unfinished`)) {
      await rm(join(cacheFolder(), name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

async function withLocks(places: readonly string[], work: () => Promise<void>): Promise<void> {
  const [first, ...rest] = places;
  if (first === undefined) return work();
  await withLock(join(cacheFolder(), "locks", basename(first)), announceWait, () => withLocks(rest, work));
}

/** What the user hears while another process makes the same thing. */
export function announceWait(holder: number): void {
  logLine(`Waiting for process ${holder}, which is already making this …`);
}
