// Where this checkout is, and where in it our own scripts keep what is theirs: in an ignored folder, for its owner alone.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** This checkout. */
export const projectFolder: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
/** What the scripts keep in it. */
export const privateFolder: string = join(projectFolder, ".pi-speedup");
/** The file backend. */
export const stateFolder: string = join(privateFolder, "state");
