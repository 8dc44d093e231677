import { stripVTControlCharacters, styleText } from "node:util";
import test from "ava";
import { paint } from "../../report/terminal-colours.ts";
import { example } from "../helpers/example-measurement.ts";

const always: Parameters<typeof paint>[1] = (format, text) => styleText(format, text, { validateStream: false });
const marked: Parameters<typeof paint>[1] = (format, text) => `[${[format].flat().join(" ")}:${text}]`;
const { summary } = example();

test("colours change nothing of what is said", (t) => {
  t.not(paint(summary, always), summary);
  t.is(stripVTControlCharacters(paint(summary, always)), summary);
});

test("where there is no terminal there is no colour", (t) => {
  t.is(paint(summary), summary);
});

test("title, headings, verdict and the figure to trust stand out", (t) => {
  const painted = paint(summary, marked);
  t.regex(painted, /^\[bold:π on 3 workers/);
  t.regex(painted, /\[bold: {2}the cluster's speed-up /);
  t.regex(painted, /\[bold green: {2}throughput speed-up /);
  t.regex(painted, /\[bold:The 3 workers together do /);
});

test("a doubt is yellow to its last line, an explanation is not", (t) => {
  const lines = paint("title\n\n! doubt\n  its second line\n· explanation\n\nverdict", marked).split("\n");
  t.deepEqual(lines.slice(2, 5), ["[yellow:! doubt]", "[yellow:  its second line]", "· explanation"]);
});
