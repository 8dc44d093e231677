import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import test from "ava";
import { parseHTML } from "linkedom";
import { chartPicture } from "../../../../report/html/charts/picture.ts";
import { scalingChart } from "../../../../report/html/charts/scaling.ts";
import { exampleLaw, exampleScaling } from "../../../helpers/example-scaling.ts";

const pictureOf = (...given: Parameters<typeof exampleScaling>) => {
  const chart = scalingChart(exampleScaling(...given), [1, 1, 1, 1]);
  if (chart === null) throw new Error("there is nothing to draw");
  return { chart, picture: chartPicture(chart) };
};

test("a picture has the chart's name, its description, and its legend with a sign for each line", (t) => {
  const { chart, picture } = pictureOf({ law: exampleLaw("Gustafson", 0.05), bound: (p) => Math.min(p, 2) });
  const { document } = parseHTML(picture);
  t.is(document.querySelector("title")?.textContent, chart.title);
  t.is(document.querySelector("desc")?.textContent, chart.description);
  t.is(chart.legend.length, 7);
  for (const { text } of chart.legend) t.true(picture.includes(text.replaceAll("'", "&#39;")), text);
  t.is(document.querySelectorAll("g[transform] > text").length >= 7, true);
});

test("it contains its colours, for light and dark mode, and needs nothing else", (t) => {
  const { picture } = pictureOf();
  for (const [, name = ""] of picture.matchAll(/var\(--([a-z-]+)\)/g))
    t.regex(picture, new RegExp(`--${name}: #`), name);
  t.regex(picture, /prefers-color-scheme: dark/);
  t.notRegex(picture, /href=|<script|<image|url\(|currentColor/);
});

test("the pictures in docs/scaling.md are what the command makes of their studies", (t) => {
  const studies = globSync("tests/fixtures/studies/*.json").sort();
  t.true(studies.length > 0);
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-picture-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const drawn = studies.map((study) => ({ study, made: join(folder, `scaling-${basename(study, ".json")}.svg`) }));
  execFileSync(process.execPath, [
    "scripts/dev/study-picture.ts",
    ...drawn.flatMap(({ study, made }) => [study, made]),
  ]);
  for (const { made } of drawn) {
    t.is(readFileSync(made, "utf8"), readFileSync(join("docs", basename(made)), "utf8"));
    t.true(statSync(made).size < 30_000);
  }
});
