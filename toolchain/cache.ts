// One folder for everything that is fetched or built. An entry is made beside its place and moved there when
// it is whole, so nobody ever sees half of one.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { withLock } from "../components/host/lock.js";
import { Unreachable } from "./download.ts";

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
  return withLock(join(cacheFolder(), "locks", basename(place)), tellThatWeWait, async () => {
    if (existsSync(place)) return place;
    const unfinished = `${place}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await make(unfinished);
    await rename(unfinished, place);
    return place;
  });
}

/**
 * The same for a tool that has two ways to it: `fetch` from its official place, and where that is out of reach,
 * `build` from the package registries. What fetched wrong is an error, never a reason to build.
 */
export function cachedOrBuilt(
  name: string,
  recipe: readonly string[],
  fetch: (folder: string) => Promise<void>,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  return cached(name, recipe, async (folder) => {
    try {
      await fetch(folder);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      console.error(`${error.message}.`);
      await build(folder);
    }
  });
}

/** What the user hears while another process makes the same thing. */
export function tellThatWeWait(holder: number): void {
  console.error(`Waiting for process ${holder}, which is at the same thing …`);
}
