// How every npm script runs and ends: with its own temporary folder, and quietly, with Pulumi's exit code, or with one
// message.
import { logLine } from "../../components/program/log-line.ts";
import { withTemporaryFolder } from "../../toolchain/temporary-folder.ts";
import { exitCodeOf } from "./exit-code.ts";
import { PulumiFailed } from "./pulumi-cli.ts";

/**
 * Runs a script. An error is printed as its message on stderr, with exit code 1, unless Pulumi has already explained
 * it.
 * @param work gets a folder for temporary files, which is deleted with the script.
 */
export async function runScript(work: (temporaryFolder: string) => Promise<void>): Promise<void> {
  try {
    await withTemporaryFolder(work);
  } catch (error) {
    if (!(error instanceof PulumiFailed)) logLine(error instanceof Error ? error.message : String(error));
    // Stops anything else that is running, such as a long build, because it is no longer needed.
    process.exit(exitCodeOf(error));
  }
}
