// The real study in docs/scaling.md: the documents quote what the program says about its records.
import { readFileSync } from "node:fs";
import test from "ava";
import * as v from "valibot";
import { scalingSchema } from "../../../analysis/scaling/study-records.ts";
import { scalingSentences } from "../../../report/scaling/text.ts";

for (const kind of ["weak", "strong"] as const) {
  const file = `tests/fixtures/studies/embedded-${kind}.json`;
  const { scaling } = v.parse(v.object({ scaling: scalingSchema }), JSON.parse(readFileSync(file, "utf8")));

  test(`the real ${kind} study is of 1 to 3 workers in 3 blocks, and is refused for the cores first`, (t) => {
    t.is(scaling.kind, kind);
    t.is(scaling.points.length, 9);
    t.is(scaling.law, null);
    t.regex(scaling.reason ?? "", /^With 3 or more workers, they share one computer, whose 2 cores are fewer/);
  });

  test(`what the documents print of the real ${kind} study is what the program says of its records`, (t) => {
    for (const document of ["docs/scaling.md", "docs/scaling.zh-TW.md"]) {
      const printed = readFileSync(document, "utf8").replaceAll(/\s+/g, " ");
      for (const sentence of scalingSentences(scaling)) t.true(printed.includes(sentence), `${document}: ${sentence}`);
    }
  });
}
