// The path of this checkout, and where our scripts keep their files in it: in an ignored folder, for its owner alone.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** This checkout. */
export const projectFolder: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
/** The scripts' own files. */
export const privateFolder: string = join(projectFolder, ".pi-speedup");
/** The file backend. */
export const stateFolder: string = join(privateFolder, "state");
