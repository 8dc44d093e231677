// Text in the columns of a terminal, where some characters take two places and others none.
import stringWidth from "string-width";

export { printable } from "../analysis/printable.js";

const padding = (text: string, width: number) => " ".repeat(Math.max(0, width - stringWidth(text)));
/** Pads with blanks on the left. */
export const padStart = (text: string, width: number) => padding(text, width) + text;
/** Pads with blanks on the right. */
export const padEnd = (text: string, width: number) => text + padding(text, width);

const segmenter = new Intl.Segmenter("en");
const graphemes = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment);

/** How many characters, starting at `from`, fit into `width` columns. */
function fitting(characters: readonly string[], from: number, width: number): number {
  let [taken, count] = ["", 0];
  for (let i = from; i < characters.length; i++) {
    taken += characters[i];
    if (stringWidth(taken) > width) break;
    count++;
  }
  return count;
}

/** The characters at the end that fit. */
function tail(characters: readonly string[], width: number): string {
  let taken = "";
  for (const character of characters.toReversed()) {
    if (stringWidth(character + taken) > width) break;
    taken = character + taken;
  }
  return taken;
}

/** Cuts the middle out of text that is too wide, because names often differ at their ends. */
export function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const characters = graphemes(text);
  const end = tail(characters, Math.floor((width - 1) / 2));
  const start = characters.slice(0, fitting(characters, 0, width - 1 - stringWidth(end))).join("");
  return `${start}…${end}`;
}

/**
 * Breaks text between words, but not between a number and its unit. A word that is too wide is broken anywhere. All
 * lines but the first are indented.
 */
export function wrap(text: string, width: number, indent = ""): string[] {
  const lines: string[] = [];
  let taken = Number.POSITIVE_INFINITY;
  for (const word of text.split(/ (?!%|s(?:\W|$))/)) {
    const wide = stringWidth(word);
    if (taken + 1 + wide <= width) {
      lines[lines.length - 1] += ` ${word}`;
      // A space ends every cluster of characters, so the widths add up.
      taken += 1 + wide;
      continue;
    }
    const characters = wide > width - stringWidth(indent) ? graphemes(word) : [word];
    let from = 0;
    do {
      const start = lines.length === 0 ? "" : indent;
      const count = fitting(characters, from, width - stringWidth(start));
      lines.push(start + characters.slice(from, from + count).join(""));
      // Text wider than the line is left out.
      from += Math.max(1, count);
    } while (from < characters.length);
    taken = stringWidth(lines.at(-1) ?? "");
  }
  return lines;
}

/** The alignment of the cells in a column. */
export interface Column {
  align: "start" | "end";
  /** Maximum width. Wider text loses its middle. */
  most: number;
}

/** Rows as lines, with two spaces between the columns. External text in cells must already be printable. */
export function alignRows(rows: readonly (readonly string[])[], columns: readonly Column[]): string[] {
  const cells = rows.map((row) => columns.map(({ most }, i) => shorten(row[i] ?? "", most)));
  const widths = columns.map((_, i) => Math.max(0, ...cells.map((row) => stringWidth(row[i] ?? ""))));
  return cells.map((row) =>
    row
      .map((cell, i) => (columns[i]?.align === "end" ? padStart : padEnd)(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
