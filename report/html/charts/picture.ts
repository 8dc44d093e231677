/// <reference lib="dom" />
// A chart as an SVG file of its own, for documents: title and legend are drawn, and the page's colours are in it.
import { readFileSync } from "node:fs";
import { Html, html } from "../template.ts";
import { type Chart, drawn, type LegendEntry } from "./chart.ts";

const style = readFileSync(new URL("../style.css", import.meta.url), "utf8");
/** The page's colours by name, including those for dark mode. */
const colours =
  /:root \{[\s\S]*?\n\}\n@media screen and \(prefers-color-scheme: dark\) \{[\s\S]*?\n\}\n/.exec(style)?.[0] ?? "";

const frame = { width: 880, narrow: false };
const margin = 16;
const lineHeight = 19;

/** The text of the file. */
export function chartPicture(chart: Chart): string {
  const { title, description, legend } = chart;
  const plot = drawn(chart, frame);
  const plotTop = margin + 34 + lineHeight * legend.length;
  const [width, height] = [frame.width + 2 * margin, plotTop + Number(plot.getAttribute("height")) + margin];
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description" fill="none">
<title id="title">${title}</title>
<desc id="description">${description}</desc>
<style>${new Html(colours)}text { fill: var(--ink); font-family: system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }</style>
<rect width="${width}" height="${height}" fill="var(--paper)"/>
<text x="${margin}" y="${margin + 12}" font-size="16" font-weight="600">${title}</text>
${legend.map(
  (
    entry,
    i,
  ) => html`<g transform="translate(${margin} ${margin + 34 + lineHeight * i})">${sign(entry)}<text x="38" y="4" font-size="12">${entry.text}</text></g>
`,
)}<g transform="translate(${margin} ${plotTop})" font-size="12" text-anchor="middle">${new Html(plot.innerHTML)}</g>
</svg>
`.text;
}

const line = (colour: string, dashes = "none") =>
  html`<line x2="28" stroke="var(--${colour})" stroke-width="2" stroke-dasharray="${dashes}"/>`;

/** Drawn as in the plot. */
const signs: Record<string, Html> = {
  "dot worker": html`<circle cx="14" r="4" fill="var(--worker)"/>`,
  "dot single": html`<circle cx="14" r="3.5" fill="var(--paper)" stroke="var(--single)" stroke-width="1.5"/>`,
  "line ideal": line("ideal"),
  "line worker": line("worker"),
  "line speed": line("worker", "6 4"),
  "line ceiling": line("ink", "2 4"),
  band: html`<rect y="-6" width="28" height="12" fill="var(--worker)" fill-opacity="0.18"/>${line("worker")}`,
};

/** @throws Error for a symbol that no picture has drawn yet. */
function sign({ sign: name }: LegendEntry): Html {
  const found = signs[name];
  if (found === undefined) throw new Error(`report/html/charts/picture.ts has no sign "${name}": draw it there.`);
  return found;
}
