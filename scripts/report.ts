// Generates the page from the stack's outputs, and opens it if there is a display.

import { printLine } from "../components/program/print-line.ts";
import { run } from "../toolchain/run.ts";
import { measurementOf, versionsOf } from "./stack/measurement.ts";
import { writeReport } from "./stack/publish-results.ts";
import { runScript } from "./stack/run-script.ts";
import { openStack } from "./stack/stack.ts";

await runScript(async (temporaryFolder) => {
  const stack = await openStack(temporaryFolder);
  const [unknown] = stack.pulumiArgs;
  if (unknown !== undefined) {
    throw new Error(`report: «${unknown}» was found, only «--stack NAME» is allowed: leave it out.`);
  }
  const measurement = await measurementOf(stack);
  if (measurement === undefined) {
    throw new Error(`The stack «${stack.name}» has measured nothing yet: run \`npm run up\` first.`);
  }
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
