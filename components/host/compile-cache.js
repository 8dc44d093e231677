// The folder where Node.js keeps compiled code, so that the next process does not have to strip the types of our files
// and compile Pulumi's libraries again. Plain JavaScript, because toolchain/bootstrap.js needs it under an older Node.js,
// which can't run TypeScript.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { makeTrustedFolder } from "./private-folder.js";

/**
 * Creates the folder, because compiled code from there is run.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | undefined>} nothing if no folder can be created
 * @throws {import("../../analysis/failure.js").Failure} if there is one and others could put code there
 */
export async function compileCacheFolder(env = process.env) {
  const caches = env.PI_SPEEDUP_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pi-speedup");
  const compiled = env.NODE_COMPILE_CACHE || join(caches, "node");
  for (const folder of [caches, compiled]) {
    try {
      await makeTrustedFolder(folder);
    } catch (error) {
      // A user with all tools and a read-only home folder needs no cache.
      if (existsSync(folder)) throw error;
      return undefined;
    }
  }
  return compiled;
}
