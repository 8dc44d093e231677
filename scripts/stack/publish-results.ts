// The last steps of every run: keep the result, print the summary, write the report. In this order, so that a later
// failure does not lose the measurement.

import { join } from "node:path";
import { Failure, wordsOf } from "../../analysis/failure.js";
import { printableText } from "../../analysis/printable.js";
import { missedMessage } from "../../analysis/requirements.ts";
import { makePrivateFolder } from "../../components/host/private-folder.js";
import { writeWhole } from "../../components/host/text-file.ts";
import { printLine } from "../../components/program/print-line.ts";
import { entryOf } from "../../report/history/entries.ts";
import { reportPage } from "../../report/html/page.ts";
import type { Measurement } from "../../report/outputs.ts";
import { paint } from "../../report/terminal-colours.ts";
import { privateFolder } from "../../toolchain/paths.ts";
import { ConditionMissed } from "./exit-code.ts";
import { addToHistory, earlierRuns } from "./history-file.ts";
import { measurementOf, versionsOf } from "./measurement.ts";
import type { Stack } from "./stack.ts";

export const historyFile = join(privateFolder, "history.jsonl");
export const reportFolder = join(privateFolder, "report");

/** Ends `up` and `measure`. @throws ConditionMissed at the very end, if the run missed a condition. */
export async function publishResults(stack: Stack): Promise<void> {
  // Each starts Pulumi. In parallel, they cost only one start.
  const [measurement, versions] = await Promise.all([measurementOf(stack), versionsOf(stack)]);
  if (measurement === undefined) return;
  try {
    await addToHistory(historyFile, entryOf(measurement, stack.name, versions));
  } finally {
    console.log(paint(printableText(measurement.summary)));
  }
  printLine(`\nReport: ${await writeReport(stack, measurement, versions)}`);
  const missed = missedMessage(measurement.requirements);
  if (missed !== undefined) throw new ConditionMissed(missed.id, missed.text);
}

/**
 * Returns the path of the page.
 * @throws one sentence that says why it can't be written.
 */
export async function writeReport(
  stack: Pick<Stack, "name">,
  measurement: Measurement,
  tools: Readonly<Record<string, string>>,
  folder = reportFolder,
): Promise<string> {
  const file = join(folder, `${stack.name.replaceAll(/[^\w.-]/g, "-")}.html`);
  // Only the study is compared with earlier ones.
  const earlier = measurement.scaling === null ? [] : await earlierRuns(historyFile);
  const page = reportPage({ stack: stack.name, measurement, tools, earlier });
  try {
    await makePrivateFolder(folder);
    await writeWhole(file, page);
  } catch (error) {
    throw new Failure(
      "report-unwritable",
      `The report could not be written to ${file} (${wordsOf(error)}). Remove the cause and run \`npm run report\`. The measurement is kept.`,
    );
  }
  return file;
}
