// Imported before everything else by what Pulumi starts: by the language host (Pulumi.yaml, `nodeargs`) and by the
// programs behind Commands. Under `npm run up` NODE_COMPILE_CACHE has already done it.
import module from "node:module";
import { Failure } from "../../analysis/failure.js";
import { compileCacheFolder } from "./compile-cache.js";

if (module.getCompileCacheDir?.() === undefined) {
  try {
    const folder = await compileCacheFolder();
    if (folder !== undefined) module.enableCompileCache?.(folder);
  } catch (error) {
    // Nobody asked for a cache. One that others could write in is not used, and all is compiled again.
    if (!(error instanceof Failure)) throw error;
  }
}
