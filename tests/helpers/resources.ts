// Which resources of the stack under test were recreated, and whether a script succeeded.
import type { ExecutionContext } from "ava";
import { exported, type Result } from "./stack.ts";

/** When each resource was made, by type and name. */
export async function madeAt(): Promise<Record<string, string>> {
  const { resources } = await exported();
  return Object.fromEntries(resources.map(({ urn, created }) => [urn.split("::").slice(2).join(" "), created ?? ""]));
}

/** Type and name of each resource that is new or was replaced. */
export function changedBetween(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after)
    .filter((urn) => before[urn] !== after[urn])
    .map((urn) => urn.replace(/^.*\$/, ""))
    .sort();
}

/** Asserts that a script succeeded. Otherwise shows its output. */
export function succeeded(t: ExecutionContext, result: Result): void {
  t.is(result.code, 0, `${result.stdout}\n${result.stderr}`);
}
