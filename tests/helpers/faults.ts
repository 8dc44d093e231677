// docs/faults.md as the tests read it: what goes wrong, in which words, and who tries it.
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";

export interface Fault {
  id: string;
  /** As printed; `…` stands for whatever varies. */
  message: string;
  /** The test file that tries it. */
  triedBy: string;
}

/** A row of a table: `| id: what happened | message | what to do | file |`; a `|` in a cell is written `\|`. */
const row =
  /^\| `(?<id>[a-z0-9-]+)`(?<what>.*?) (?<!\\)\| (?<message>.*?) (?<!\\)\| (?<remedy>.*?) (?<!\\)\| `(?<triedBy>[^`|]+)` +\|$/;

export function readFaults(): Fault[] {
  const document = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
  return document
    .split("\n")
    .map((line) => row.exec(folded(line))?.groups)
    .filter((groups) => groups !== undefined)
    .map(({ id = "", message = "", triedBy = "" }) => ({ id, message: message.replaceAll("\\|", "|"), triedBy }));
}

/** White space, and the breaks that terminals and Pulumi make, count for one blank. */
function folded(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** Asserts that a program has told a fault in the words of docs/faults.md. */
export function assertFault(t: ExecutionContext, id: string, output: string): void {
  const fault = readFaults().find((each) => each.id === id);
  const parts = fault?.message.split("…").map((part) => folded(part).trim()) ?? [];
  const printed = folded(output);
  let from = fault === undefined ? -1 : 0;
  for (const part of parts) {
    if (from < 0) break;
    const at = printed.indexOf(part, from);
    from = at < 0 ? at : at + part.length;
  }
  t.true(from >= 0, `${fault?.message ?? `docs/faults.md has no row «${id}»`}\n— was not found in —\n${output}`);
}
