// The file of earlier runs, JSON Lines. It is only appended to, so no measurement is lost, even if others write too.

import { appendFile, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, wordsOf } from "../../analysis/failure.js";
import { withId } from "../../analysis/fault-ids.js";
import { makePrivateFolder } from "../../components/host/private-folder.js";
import { readIfExists } from "../../components/host/text-file.ts";
import { logLine } from "../../components/program/log-line.ts";
import { type AnyEntry, type Entry, type History, isKept, lineOf, parseHistory } from "../../report/history/entries.ts";

/** The content of the file; empty if there is no file. */
export async function readHistory(file: string): Promise<History> {
  return parseHistory(await readIfExists(file));
}

/** The file's runs for the report; null, with a message, if they can't be read. */
export async function earlierRuns(file: string, tell = logLine): Promise<AnyEntry[] | null> {
  try {
    return (await readHistory(file)).entries;
  } catch (error) {
    tell(
      withId(
        "history-unreadable",
        `The earlier runs in ${file} cannot be read (${wordsOf(error)}), so the report compares the scaling study with none of them. Check who owns the file and what its permissions are, and run \`npm run report\`.`,
      ),
    );
    return null;
  }
}

/**
 * Appends a run, unless it is already there with its study. A single write to a file opened for appending never mixes
 * with another.
 * @throws one sentence that says why the file can't be written, and how to add the run later.
 */
export async function addToHistory(file: string, entry: Entry): Promise<void> {
  try {
    const { entries } = await readHistory(file);
    if (isKept(entries, entry)) return;
    await makePrivateFolder(dirname(file));
    // A run that was killed while writing has left half a line, which must not spoil this one.
    const start = (await endsInLine(file)) ? "" : "\n";
    await appendFile(file, start + lineOf(entry), { flush: true, mode: 0o600 });
  } catch (error) {
    throw new Failure(
      "history-unwritable",
      `The result could not be added to ${file} (${wordsOf(error)}). Remove the cause and run \`npm run history\`, which adds it as long as the stack has it.`,
    );
  }
}

/** Whether the file is empty, or ends with a complete line. */
async function endsInLine(file: string): Promise<boolean> {
  const handle = await open(file, "a+", 0o600);
  try {
    const { size } = await handle.stat();
    if (size === 0) return true;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer.toString() === "\n";
  } finally {
    await handle.close();
  }
}
