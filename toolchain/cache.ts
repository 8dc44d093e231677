// One folder for everything that is fetched or built. An entry is made beside its place and moved there when it is whole, so
// nobody ever sees half of one. What was in it then is noted beside it, and looked at each time it is used.
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { withLock } from "../components/host/lock.js";
import { makePrivateFolder, makeTrustedFolder } from "../components/host/private-folder.js";
import { isDraft } from "../components/host/text-file.ts";
import { logLine } from "../components/program/log-line.ts";
import { unmountIn } from "./mounts.ts";
import { changedFile, recordSums, sumsFileOf } from "./sums.ts";

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
  const wanted: string[] = [];
  await makeTrustedFolder(cacheFolder());
  for (const place of places) if (await isMissing(place, logLine)) wanted.push(place);
  await withLocks(wanted.sort(), async () => {
    const unfinished: (string | undefined)[] = [];
    for (const place of places) {
      // Whom we have waited for may have made it.
      const missing = wanted.includes(place) && (await isMissing(place));
      // Each time another name: a program that outlives a killed run may still be writing into its folder.
      const folder = missing ? `${place}.unfinished-${randomUUID()}` : undefined;
      unfinished.push(folder);
      if (folder === undefined) continue;
      if (existsSync(place)) await rename(place, `${place}.unfinished-${randomUUID()}`);
      await removeUnfinished(place);
      await mkdir(folder, { mode: 0o700 });
    }
    if (unfinished.every((folder) => folder === undefined)) return;
    try {
      await make(unfinished);
    } catch (error) {
      for (const place of places) await removeUnfinished(place);
      throw error;
    }
    for (const [i, place] of places.entries()) {
      const folder = unfinished[i];
      if (folder === undefined) continue;
      await recordSums(folder, place);
      await rename(folder, place);
    }
  });
  return places;
}

/**
 * Whether an entry is missing. What is in the cache is run, often as root, so one that is there must be the user's alone, and
 * still what was put there: after a power cut its files may be empty.
 * @throws Failure when it is somebody else's, or others may write in it.
 */
async function isMissing(place: string, tell?: (line: string) => void): Promise<boolean> {
  if (!existsSync(place)) return true;
  await makePrivateFolder(place);
  const changed = await changedFile(place);
  if (changed === undefined) return false;
  tell?.(`"${changed}" in ${place} is not what was put there, so it is made again.`);
  return true;
}

/** Removes what killed runs left of an entry. */
async function removeUnfinished(place: string): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    if (!name.startsWith(`${basename(place)}.unfinished`) && !isDraft(name, sumsFileOf(place))) continue;
    const left = join(cacheFolder(), name);
    await unmountIn(left);
    await rm(left, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function withLocks(places: readonly string[], work: () => Promise<void>): Promise<void> {
  const [first, ...rest] = places;
  if (first === undefined) return work();
  await withLock(join(cacheFolder(), "locks", basename(first)), announceWait, () => withLocks(rest, work));
}

/** What the user hears while another process makes the same thing. */
export function announceWait(
  holder: number,
  sentence = `Waiting for process ${holder}, which is already making this …`,
): void {
  logLine(sentence);
}
