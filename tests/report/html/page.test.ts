import test from "ava";
import { parseHTML } from "linkedom";
import { entryOf } from "../../../report/history/entries.ts";
import { keptStudy } from "../../../report/history/studies.ts";
import { reportPage } from "../../../report/html/page.ts";
import type { Measurement } from "../../../report/outputs.ts";
import { type Example, example, hostileNames } from "../../helpers/example-measurement.ts";
import { exampleLaw, exampleScaling } from "../../helpers/example-scaling.ts";

const pageOf = (measurement: Measurement) =>
  reportPage({ stack: "dev", measurement, tools: { Pulumi: "3.250.0", k3d: "5.8.3" }, earlier: [] });
const documentOf = (given?: Example) => parseHTML(pageOf(example(given))).document;
const textOf = (document: Document, selector: string) =>
  (document.querySelector(selector)?.textContent ?? "").replaceAll(/\s+/g, " ").trim();

test("the headline is the workers' speed-up, and the lead says if they lose", (t) => {
  const document = documentOf();
  t.is(textOf(document, "h1"), "3 workers together are 0.77 times as fast as one process of the single machine");
  t.regex(textOf(document, ".lead"), /more slowly than one process of the single machine/);
  t.regex(textOf(document, ".judgement"), /valid, and precise/);
});

test("any conditions are a table of the page", (t) => {
  const requirements = [{ text: "overhead <= 5", value: 7, interval: null, verdict: "missed" as const }];
  const { document } = parseHTML(pageOf({ ...example(), requirements }));
  t.regex(
    textOf(document, "main"),
    /Conditions of the run ?condition ?verdict ?measured ?95 % interval ?overhead <= 5 ?missed ?7 ?–/,
  );
  t.notRegex(pageOf(example()), /Conditions of the run/);
});

test("the page speaks of one worker as one", (t) => {
  t.is(
    textOf(documentOf({ workers: [1.52] }), "h1"),
    "One worker is about 1.00 times as fast as one process of the single machine",
  );
});

test("there are five charts, each drawn for desktop and phone, with a name, a description and its figures behind it", (t) => {
  const figures = [...documentOf().querySelectorAll("figure")];
  t.deepEqual(
    figures.map(({ id }) => id),
    ["times", "timeline", "speed-up", "curve", "break-even"],
    "tests/e2e/report.test.ts names and counts the charts, too",
  );
  for (const figure of figures) {
    const charts = [...figure.querySelectorAll("svg")];
    t.deepEqual(
      charts.map((chart) => chart.getAttribute("class")),
      ["chart wide", "chart narrow"],
    );
    for (const chart of charts) {
      t.is(chart.getAttribute("role"), "img");
      const ids = (chart.getAttribute("aria-labelledby") ?? "").split(" ");
      for (const id of ids) t.truthy(chart.querySelector(`[id="${id}"]`)?.textContent, id);
      t.is(chart.querySelectorAll("[aria-label]").length, 0);
    }
    t.true(figure.querySelectorAll("details table tbody tr").length > 0);
  }
});

test("every id is there once", (t) => {
  const ids = [...documentOf().querySelectorAll("[id]")].map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
});

test("the tutorial's ratio is called no speed-up, next to its value with slower workers", (t) => {
  const aside = textOf(documentOf(), "aside");
  t.regex(aside, /Why 11\.34× is not a speed-up/);
  t.regex(aside, /twice as slow ?22\.6\d× ?0\.39/);
});

test("what is needed to repeat the run is there: image, samples, seeds, machines, tools", (t) => {
  const text = textOf(documentOf(), "main");
  for (const each of ["python:3.9-slim", "1,000,000", "Raspberry Pi 4", "performance", "3.9.25", "Pulumi", "3.250.0"]) {
    t.true(text.includes(each), each);
  }
});

test("the records are in the page as JSON", (t) => {
  const measurement = example();
  const records = JSON.parse(documentOf().querySelector("#records")?.textContent ?? "");
  t.deepEqual(records.nodes, measurement.nodes);
  t.deepEqual(records.baseline, measurement.baseline);
  t.deepEqual(records.timeline, measurement.timeline);
});

test("nothing in the page runs, and nothing is fetched", (t) => {
  const page = pageOf(example());
  const { document } = parseHTML(page);
  t.deepEqual(
    [...document.querySelectorAll("script")].map((script) => script.getAttribute("type")),
    ["application/json"],
  );
  t.notRegex(page, /\b(src|href)="(?!data:,)/);
  t.notRegex(page, /@import|url\(/);
  t.regex(page, /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;/);
});

test("hostile names stay text: the page has the same elements as with harmless ones", (t) => {
  const workers = hostileNames.map(() => 5);
  const shape = (names: readonly string[]) =>
    [...documentOf({ workers, names }).querySelectorAll("*")].map(({ localName }) => localName).join();
  t.is(shape(hostileNames), shape(hostileNames.map((_, i) => `raspi-2025-node-${i}`)));
});

test("a doubt stands in the headline, before the lead's claim, and in the judgement", (t) => {
  // Pods that a single machine of their own host can't have beaten by so much.
  const document = documentOf({ workers: [1, 1, 1], shared: true });
  t.regex(textOf(document, "h1"), /^Doubtful: 3 workers together/);
  t.regex(textOf(document, ".lead"), /^If this run can be trusted, /);
  t.regex(textOf(document, ".judgement.doubtful"), /doubtful/);
  t.regex(textOf(document, ".notes > .doubtful"), /^Doubtful: /);
});

test("the teacher's table says which question each speed-up answers", (t) => {
  const text = textOf(documentOf(), "main");
  t.regex(text, /Amdahl or Gustafson\? The tutorial's ratio is neither/);
  t.regex(text, /N times the work ?Gustafson/);
});

test("jobs of other sizes are there, with end-to-end speed-up and interval", (t) => {
  t.regex(textOf(documentOf(), "main"), /100,000,000 samples ?152\.8 s ?200\.0 s ?0\.76 ?0\.75 – 0\.80/);
});

test("a run of one round claims nothing in headline, cards and lead", (t) => {
  const document = documentOf({ factors: [1] });
  t.regex(textOf(document, "h1"), /together are about /);
  t.regex(textOf(document, ".lead"), /but not which is faster/);
  t.regex(textOf(document, ".cards"), /Break-even–undecided/);
});

const cases: [what: string, given: Example][] = [
  ["one worker", { workers: [1] }],
  ["two hundred workers", { workers: Array.from({ length: 200 }, (_, i) => 1 + i / 500) }],
  ["seconds that were given", { single: { mode: "given", seconds: 1.52 } }],
  ["a cluster that wins", { workers: [1, 1, 1] }],
  ["a shared host", { workers: [1, 1, 1], shared: true }],
  ["a Job that was found finished", { foundFinished: true }],
  ["one round", { factors: [1] }],
  ["one round against given seconds", { factors: [1], single: { mode: "given", seconds: 1.52 } }],
];
for (const [what, given] of cases) {
  test(`with ${what} no figure is undefined and no coordinate is missing`, (t) => {
    t.notRegex(pageOf(example(given)), /NaN|Infinity|undefined|\[object/);
  });
}

test("an unknown overhead leaves the break-even chart out and says why", (t) => {
  const page = pageOf(example({ foundFinished: true }));
  t.regex(page, /It is unknown, because an overhead is unknown/);
  t.false(page.includes('id="break-even"'));
});

test("a study is set against the one before it of equal settings, or says why not", (t) => {
  const measurement = { ...example(), scaling: exampleScaling({ law: exampleLaw("Gustafson", 0.05) }) };
  const studyOf = (earlier: Parameters<typeof reportPage>[0]["earlier"]) =>
    textOf(parseHTML(reportPage({ stack: "dev", measurement, tools: {}, earlier })).document, "#study");
  t.regex(
    studyOf([]),
    /Compared with the previous study There is no earlier study with the same settings to compare with\.$/,
  );
  t.regex(studyOf(null), /The earlier runs cannot be read, so this study is not compared\.$/);
  const own = entryOf(measurement, "dev", {});
  // Its own entry is no earlier one.
  t.regex(studyOf([own]), /There is no earlier study/);
  const law = { ...exampleLaw("Gustafson", 0.2), exchange: null };
  const scaling = exampleScaling({ law });
  const points = scaling.points.map((point) => ({ ...point, when: (point.when ?? 0) - 86_400 }));
  const before = { ...own, id: "before", study: keptStudy({ ...scaling, points }, 0) };
  t.regex(
    studyOf([before, own]),
    /This study is compared with the study of 20\d\d-\d\d-\d\d \d\d:\d\d UTC \(3 blocks\), .*The serial fraction s is 0\.0500\. Before, it was 0\.2000\. It is lower by more than noise\. The difference is -0\.1500/,
  );
});
