// Lists and compares earlier runs, or exports them with `--csv` and `--json`.
import { printableJson } from "../analysis/printable.js";
import { logLine } from "../components/program/log-line.ts";
import { csvOf } from "../report/history/csv.ts";
import { entryOf } from "../report/history/entries.ts";
import { historyText } from "../report/history/text.ts";
import { parseArguments, refuseUnknown } from "./stack/arguments.ts";
import { addToHistory, readHistory } from "./stack/history-file.ts";
import { measurementOf, versionsOf } from "./stack/measurement.ts";
import { historyFile } from "./stack/publish-results.ts";
import { runScript } from "./stack/run-script.ts";
import { findStack, type Stack } from "./stack/stack.ts";

await runScript(async (temporaryFolder) => {
  const { pulumiArgs: asked } = parseArguments(process.argv.slice(2));
  const unknown = asked.find((each) => each !== "--csv" && each !== "--json") ?? asked[1];
  refuseUnknown("history", unknown, "Use `--csv` or `--json`, and `--stack NAME`");
  try {
    // Includes what a plain `pulumi up` has measured.
    const stack = await findStack(temporaryFolder);
    if (stack !== undefined) await addCurrent(stack);
  } finally {
    await show(asked[0]);
  }
});

async function addCurrent(stack: Stack): Promise<void> {
  const measurement = await measurementOf(stack);
  if (measurement === undefined) return;
  await addToHistory(historyFile, entryOf(measurement, stack.name, await versionsOf(stack)));
}

async function show(form: string | undefined): Promise<void> {
  const { entries, faults } = await readHistory(historyFile);
  for (const { line, why } of faults) {
    logLine(`Line ${line} of ${historyFile} cannot be read (${why}). It is left out here and kept in the file.`);
  }
  if (form === "--csv") process.stdout.write(csvOf(entries));
  else console.log(form === "--json" ? printableJson(entries) : historyText(entries));
}
