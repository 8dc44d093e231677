// The last steps of every run: keep the result, print the summary, write the report. In this order, so that a later
// failure does not lose the measurement.

import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure, wordsOf } from "../../analysis/failure.js";
import { printableText } from "../../analysis/printable.js";
import { missedMessage } from "../../analysis/requirements.ts";
import { makePrivateFolder } from "../../components/host/private-folder.js";
import { readIfExists, writeWhole } from "../../components/host/text-file.ts";
import { printLine } from "../../components/program/print-line.ts";
import { entryOf } from "../../report/history/entries.ts";
import type { Measurement } from "../../report/outputs.ts";
import { paint } from "../../report/terminal-colours.ts";
import { privateFolder, projectFolder } from "../../toolchain/paths.ts";
import { ConditionMissed } from "./exit-code.ts";
import { addToHistory, earlierRuns } from "./history-file.ts";
import { measurementAndVersions } from "./measurement.ts";
import type { Stack } from "./stack.ts";

export const historyFile = join(privateFolder, "history.jsonl");
export const reportFolder = join(privateFolder, "report");

/** Ends `up` and `measure`. @throws ConditionMissed at the very end, if the run missed a condition. */
export async function publishResults(stack: Stack): Promise<void> {
  const { measurement, versions } = await measurementAndVersions(stack);
  if (measurement === undefined) return;
  try {
    await addToHistory(historyFile, entryOf(measurement, stack.name, versions));
  } finally {
    console.log(paint(printableText(measurement.summary)));
  }
  printLine(`\nReport: ${await writeReport(stack, measurement, versions, { again: false })}`);
  const missed = missedMessage(measurement.requirements);
  if (missed !== undefined) throw new ConditionMissed(missed.id, missed.text);
}

/** How the page is written. */
interface ReportOptions {
  /** Default: the checkout's own. */
  folder?: string;
  /** Whether also if the page would be the same. Default: yes. */
  again?: boolean;
  /** Files, and folders of files, on which it depends. Default: those of this checkout. */
  madeBy?: readonly string[];
}

const pageSources = ["analysis", "report", "package-lock.json"].map((path) => join(projectFolder, path));

/**
 * Returns the path of the page.
 * @throws one sentence that says why it can't be written.
 */
export async function writeReport(
  stack: Pick<Stack, "name">,
  measurement: Measurement,
  tools: Readonly<Record<string, string>>,
  { folder = reportFolder, again = true, madeBy = pageSources }: ReportOptions = {},
): Promise<string> {
  const file = join(folder, `${stack.name.replaceAll(/[^\w.-]/g, "-")}.html`);
  // Only the study is compared with earlier ones.
  const earlier = measurement.scaling === null ? [] : await earlierRuns(historyFile);
  const content = { stack: stack.name, measurement, tools, earlier };
  const mark = `<!-- ${await digestOf(content, madeBy)} -->\n`;
  const unwritable = (error: unknown): never => {
    throw new Failure(
      "report-unwritable",
      `The report could not be written to ${file} (${wordsOf(error)}). Remove the cause and run \`npm run report\`. The measurement is kept.`,
    );
  };
  await makePrivateFolder(folder).catch(unwritable);
  if (!again && (await readIfExists(file).catch(unwritable)).endsWith(mark)) return file;
  // The charts' libraries take longer to load than everything else that a run without changes does.
  const { reportPage } = await import("../../report/html/page.ts");
  await writeWhole(file, `${reportPage(content)}${mark}`).catch(unwritable);
  return file;
}

/** Same value: same page. Everything it is made of counts: what it shows, our code, its libraries, and where we are. */
async function digestOf(content: object, madeBy: readonly string[]): Promise<string> {
  const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
  const digest = createHash("sha256").update(JSON.stringify([content, timeZone, locale, process.versions.node]));
  for (const path of madeBy) {
    for (const file of await filesIn(path)) digest.update(file).update(await readFile(file));
  }
  return digest.digest("hex");
}

/** The path itself, if it is a file. */
async function filesIn(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
