// How every npm script runs and ends: with a temporary folder of its own, and quietly, with Pulumi's exit code, or with one
// message.
import { logLine } from "../../components/program/log-line.ts";
import { withTemporaryFolder } from "../../toolchain/temporary-folder.ts";
import { exitCodeOf } from "./exit-code.ts";
import { PulumiFailed } from "./pulumi-cli.ts";

/**
 * Runs a script; an error becomes its message on stderr and exit code 1, unless Pulumi has already said it.
 * @param work gets a folder for temporary files, which goes with the script.
 */
export async function runScript(work: (temporaryFolder: string) => Promise<void>): Promise<void> {
  try {
    await withTemporaryFolder(work);
  } catch (error) {
    if (!(error instanceof PulumiFailed)) logLine(error instanceof Error ? error.message : String(error));
    // Whatever else is under way, such as a long build, is of no use now.
    process.exit(exitCodeOf(error));
  }
}
