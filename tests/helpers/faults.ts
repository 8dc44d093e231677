// Reads docs/faults.md for the tests: the faults, their messages, and the tests that provoke them.
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import { type Fault, withId } from "../../analysis/fault-ids.js";

export interface DocumentedFault {
  id: string;
  /** As printed. `…` stands for variable text. */
  message: string;
  /** Whether Pulumi itself says it, without an id. */
  ofPulumi: boolean;
  /** The test file that tries it. */
  triedBy: string;
}

/** A section: a heading with the id, when it happens, the message as a quote, other remedies, and the test. */
const section =
  /^### `(?<id>[a-z0-9-]+)`\n\n(?<when>.+?)\n\n(?<quote>(?:> [^\n]*\n)+)\n(?:(?<remedy>[^>#].+?)\n\n)?Tried by `(?<triedBy>[^`]+)`\.$/s;

let known: DocumentedFault[] | undefined;

export function readFaults(): DocumentedFault[] {
  known ??= parsed();
  return known;
}

function parsed(): DocumentedFault[] {
  return sectionsOf(document())
    .map((text) => section.exec(text)?.groups)
    .filter((groups) => groups !== undefined)
    .map(({ id = "", quote = "", remedy = "", triedBy = "" }) => ({
      id,
      message: folded(quote.replaceAll(/^> /gm, "")).trim(),
      ofPulumi: folded(remedy).startsWith("Pulumi says this itself"),
      triedBy,
    }));
}

export function document(): string {
  return readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
}

/** The text from each heading of a fault to the next heading. */
export function sectionsOf(text: string): string[] {
  return text
    .split(/^(?=##)/m)
    .filter((part) => part.startsWith("### "))
    .map((part) => part.trimEnd());
}

/** White space, and the breaks that terminals and Pulumi make, count for one blank. */
function folded(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** Asserts that a program has reported a fault in the words of docs/faults.md, with its id right after them. */
export function assertFault(t: ExecutionContext, id: string, output: string): void {
  const fault = readFaults().find((each) => each.id === id);
  const message = fault?.ofPulumi ? fault.message : `${fault?.message} [${id}]`;
  const parts = message.split("…").map((part) => folded(part).trim());
  const printed = folded(output);
  let from = fault === undefined ? -1 : 0;
  for (const part of parts) {
    if (from < 0) break;
    const at = printed.indexOf(part, from);
    from = at < 0 ? at : at + part.length;
  }
  t.true(from >= 0, `${fault ? message : `docs/faults.md has no section \`${id}\``}\n— was not found in —\n${output}`);
}

/** A fault as it is shown; empty if there is none. */
export function messageOf(fault: Fault | null | undefined): string {
  return fault ? withId(fault.id, fault.text) : "";
}
