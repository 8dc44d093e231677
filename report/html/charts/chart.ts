/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// Charts as static SVG, drawn by Observable Plot into a linkedom document, so they need neither a browser nor a script.
// Colours are the page's variables, so one drawing works in light mode, in dark mode and on paper.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { formulaHtml, Html, html, type Table, tableHtml } from "../template.ts";

/** Where a chart is shown. Each is drawn twice, because the letters of a shrunken one are unreadable on a phone. */
export interface Frame {
  /** Pixels. */
  width: number;
  narrow: boolean;
}

const fullWidth = 880;
const phoneWidth = 340;

/** A figure of the page: in words, as a picture, and as a table. */
export interface Chart {
  /** Unique in the page. */
  id: string;
  title: string;
  /** What it shows and how to read it, in whole sentences. */
  description: string;
  legend: readonly LegendEntry[];
  /** Pixels, if it does not use the full width of the page. */
  width?: number;
  draw(frame: Frame): Plot.PlotOptions;
  /** The same data as a table. */
  table: Table;
}

/** A symbol and its meaning. */
export interface LegendEntry {
  /** CSS class of the symbol. */
  sign: string;
  text: string;
}

/** The chart as a figure, followed by its table. */
export function chartHtml(chart: Chart): Html {
  const { id, title, description, legend, table, width = fullWidth } = chart;
  const frames = [
    { width, narrow: false },
    { width: phoneWidth, narrow: true },
  ];
  return html`<figure id="${id}">
<figcaption><h2>${title}</h2><p>${formulaHtml(description)}</p></figcaption>
<ul class="legend">${legend.map(({ sign, text }) => html`<li><span class="sign ${sign}"></span>${text}</li>`)}</ul>
${frames.map((frame) => svgOf(chart, frame))}
<details><summary>The figures of this chart</summary>${tableHtml(table)}</details>
</figure>
`;
}

/** The picture alone, with its width and height in pixels. */
export function drawn({ draw }: Chart, frame: Frame): SVGSVGElement | HTMLElement {
  const { document } = parseHTML("<html></html>");
  const svg = Plot.plot({
    document,
    width: frame.width,
    style: { background: "none", fontSize: "12px", fontFamily: "inherit" },
    ...draw(frame),
  });
  svg.querySelector("style")?.remove();
  // Screen readers only read the name of an image. Names of its parts would be noise.
  for (const part of svg.querySelectorAll("[aria-label], [aria-hidden]")) {
    part.removeAttribute("aria-label");
    part.removeAttribute("aria-hidden");
  }
  return svg;
}

function svgOf(chart: Chart, frame: Frame): Html {
  const { id, title, description } = chart;
  const size = frame.narrow ? "narrow" : "wide";
  const svg = drawn(chart, frame);
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.setAttribute("class", `chart ${size}`);
  svg.setAttribute("role", "img");
  const names = [
    ["title", title],
    ["desc", description],
  ] as const;
  svg.setAttribute("aria-labelledby", names.map(([name]) => `${id}-${size}-${name}`).join(" "));
  svg.prepend(
    ...names.map(([name, text]) => {
      const element = svg.ownerDocument.createElement(name);
      element.setAttribute("id", `${id}-${size}-${name}`);
      element.textContent = text;
      return element;
    }),
  );
  return new Html(svg.outerHTML);
}
