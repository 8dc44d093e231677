// The file of earlier runs, JSON Lines. It only ever grows, so nothing that was measured is lost, whoever else writes.

import { appendFile, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, wordsOf } from "../../analysis/failure.js";
import { withId } from "../../analysis/fault-ids.js";
import { makePrivateFolder } from "../../components/host/private-folder.js";
import { readIfExists } from "../../components/host/text-file.ts";
import { logLine } from "../../components/program/log-line.ts";
import { type AnyEntry, type Entry, type History, isKept, lineOf, parseHistory } from "../../report/history/entries.ts";

/** What the file holds; nothing where there is no file. */
export async function readHistory(file: string): Promise<History> {
  return parseHistory(await readIfExists(file));
}

/** The file's runs for the report; null where they can't be read, which is said. */
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
 * Adds a run at the end, unless it is there with its study. One write to a file opened for appending: two at once don't mix.
 * @throws one sentence that says what keeps the file from being written, and what adds the run later.
 */
export async function addToHistory(file: string, entry: Entry): Promise<void> {
  try {
    const { entries } = await readHistory(file);
    if (isKept(entries, entry)) return;
    await makePrivateFolder(dirname(file));
    // A run that was killed while it wrote has left half a line, which must not spoil this one.
    const start = (await endsInLine(file)) ? "" : "\n";
    await appendFile(file, start + lineOf(entry), { flush: true, mode: 0o600 });
  } catch (error) {
    throw new Failure(
      "history-unwritable",
      `The result could not be added to ${file} (${wordsOf(error)}). Remove the cause and run \`npm run history\`, which adds it as long as the stack has it.`,
    );
  }
}

/** Whether what is in the file ends with a whole line, or there is nothing. */
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
