// HTML templates in which external text always remains text: everything that is not marked as HTML is escaped.
import { escapedJson } from "../../analysis/printable.js";
import { printable } from "../terminal-text.ts";

/** Text that is already HTML. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | null | readonly Part[];

/** A template whose values are escaped unless they are HTML. Lists are joined, and null is left out. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, i) => text + textOf(parts[i] ?? null)).join(""));
}

function textOf(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.text;
  return typeof part === "object" ? part.map(textOf).join("") : escaped(String(part));
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Escapes text for elements and quoted attributes. */
export function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** JSON for a `<script type="application/json">`. Nothing in it can end the element. */
export function embeddedJson(value: unknown): Html {
  return new Html(escapedJson(JSON.stringify(value)).replaceAll("<", "\\u003c"));
}

/** Escapes text, but not HTML. */
export type Cell = string | Html;

/** A table with a caption. The first cell of each row is its header. */
export interface Table {
  caption: string;
  heads: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** A formula. The part after an underscore becomes a subscript. */
export function formulaHtml(text: string): Html {
  return new Html(escaped(text).replaceAll(/_(\w+)/g, "<sub>$1</sub>"));
}

/** Sentences. Text between two backticks becomes code. */
export function proseHtml(text: string): Html {
  return new Html(escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>"));
}

/** Scrolls on its own if it is too wide, with the keyboard as well. */
export function tableHtml({ caption, heads, rows }: Table): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first || "?"}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  )}</tbody>
</table></div>`;
}
