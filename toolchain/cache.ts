// One folder for everything that is downloaded or built. An entry is created next to its final place and moved there
// when it is complete, so nobody ever sees half of one. Its content is recorded next to it, and checked each time it is
// used.
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

/** The name of an entry. */
export interface Entry {
  name: string;
  /** Everything that determines its content: versions, and the text of input files. */
  recipe: readonly string[];
}

/** Where an entry is or will be. */
function placeOf({ name, recipe }: Entry): string {
  const hash = createHash("sha256").update(recipe.join("\0")).digest("hex").slice(0, 12);
  return join(cacheFolder(), `${name}-${hash}`);
}

/** Whether an entry exists. */
export function isCached(entry: Entry): boolean {
  return existsSync(placeOf(entry));
}

/**
 * The folder that `make` has filled, created now if it does not exist. If two processes want the same one, the second
 * waits for the first. Remains of a killed process are removed.
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
 * The same for several entries that are created together.
 * @param make gets a folder for each entry, in their order; nothing for one that exists.
 */
export async function cachedTogether(
  entries: readonly Entry[],
  make: (folders: readonly (string | undefined)[]) => Promise<void>,
): Promise<string[]> {
  const places = entries.map(placeOf);
  // Always in the same order, so that two processes never wait for each other.
  const wanted: string[] = [];
  await makeTrustedFolder(cacheFolder());
  for (const place of places) if (await isMissing(place, logLine)) wanted.push(place);
  await withLocks(wanted.sort(), async () => {
    const unfinished: (string | undefined)[] = [];
    for (const place of places) {
      // The process that we waited for may have created it.
      const missing = wanted.includes(place) && (await isMissing(place));
      // Always a new name, because a program that outlives a killed run may still be writing into its folder.
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
 * Whether an entry is missing. Programs in the cache are run, often as root. So an existing entry must belong to the
 * user alone, and must still have its recorded content: after a power failure, its files may be empty.
 * @throws Failure if it belongs to someone else, or others can write in it.
 */
async function isMissing(place: string, tell?: (line: string) => void): Promise<boolean> {
  if (!existsSync(place)) return true;
  await makePrivateFolder(place);
  const changed = await changedFile(place);
  if (changed === undefined) return false;
  tell?.(`"${changed}" in ${place} is not what was put there, so it is made again.`);
  return true;
}

/** Removes the remains of an entry that killed runs have left. */
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

/** The message while another process creates the same entry. */
export function announceWait(
  holder: number,
  sentence = `Waiting for process ${holder}, which is already making this …`,
): void {
  logLine(sentence);
}
