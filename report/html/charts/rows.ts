// One row per worker, whether there are three of them or hundreds.

import type { NodeRecord } from "../../../analysis/records.ts";
import { printable, shorten } from "../../terminal-text.ts";
import type { Frame } from "./chart.ts";

/** Above this, rows have no room for names. */
export const namedRows = 40;

/** Pixels per row. */
export function rowHeight(rows: number, { narrow }: Frame): number {
  if (rows > namedRows) return Math.max(3, Math.floor(720 / rows));
  if (rows > 12) return narrow ? 34 : 20;
  return narrow ? 46 : 34;
}

/**
 * Names without their common beginning, because the ends distinguish the nodes of a cluster. A word that describes them
 * stays.
 */
export function shortNames(nodes: readonly NodeRecord[]): string[] {
  const names = nodes.map(({ node }) => node);
  const [first = ""] = names;
  let common = names.length > 1 ? first.length : 0;
  for (const name of names) while (!name.startsWith(first.slice(0, common))) common--;
  const [start = 0] = [...first.slice(0, common).matchAll(/[-.]/g)].map(({ index }) => index + 1).slice(-2);
  // A node without a name is an error, but its row still exists.
  return names.map((name) => shorten(printable(start > 8 ? `…${name.slice(start)}` : name), 22) || "?");
}
