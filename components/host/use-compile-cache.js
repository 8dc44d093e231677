// Imported before everything else in the processes that Pulumi starts: the language host (Pulumi.yaml, `nodeargs`) and
// the programs behind Commands. `npm run up` sets NODE_COMPILE_CACHE instead.
import module from "node:module";
import { Failure } from "../../analysis/failure.js";
import { compileCacheFolder } from "./compile-cache.js";

if (module.getCompileCacheDir?.() === undefined) {
  try {
    const folder = await compileCacheFolder();
    if (folder !== undefined) module.enableCompileCache?.(folder);
  } catch (error) {
    // The cache is optional. If others could write into it, it is not used, and everything is compiled again.
    if (!(error instanceof Failure)) throw error;
  }
}
