// Generates the page from the stack's outputs, and opens it if there is a display.

import { printLine } from "../components/program/print-line.ts";
import { run } from "../toolchain/run.ts";
import { refuseUnknown } from "./stack/arguments.ts";
import { existingMeasurement, versionsOf } from "./stack/measurement.ts";
import { writeReport } from "./stack/publish-results.ts";
import { runScript } from "./stack/run-script.ts";
import { openStack } from "./stack/stack.ts";

await runScript(async (temporaryFolder) => {
  const stack = await openStack(temporaryFolder);
  refuseUnknown("report", stack.pulumiArgs[0], "Use `--stack NAME` or nothing");
  const measurement = await existingMeasurement(stack);
  const file = await writeReport(stack, measurement, await versionsOf(stack));
  printLine(`Report: ${file}`);
  const opener = display();
  // It may be the browser itself, which is there until the user closes it.
  const shown = { allowFailure: true, seconds: Number.POSITIVE_INFINITY };
  if (opener !== undefined && (await run(opener, [file], shown)).code !== 0) {
    printLine(`\`${opener}\` could not open it: open it in a browser.`);
  }
});

/** The program that opens a file on this machine's display; undefined if there is none. */
function display(): string | undefined {
  if (process.env.CI || process.env.SSH_CONNECTION) return undefined;
  if (process.platform === "darwin") return "open";
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? "xdg-open" : undefined;
}
