// Draws the charts of scaling studies for docs/scaling.md: `node scripts/dev/study-picture.ts OUTPUTS.json PICTURE.svg`,
// or several such pairs. The first file contains the output of `npm run --silent output -- --json`. Only the study and
// the nodes' times are read from it.
import { writeFileSync } from "node:fs";
import * as v from "valibot";
import { scalingSchema } from "../../analysis/scaling/study-records.ts";
import { readBounded } from "../../components/host/text-file.ts";
import { logLine } from "../../components/program/log-line.ts";
import { chartPicture } from "../../report/html/charts/picture.ts";
import { scalingChart } from "../../report/html/charts/scaling.ts";

const outputsSchema = v.object({
  scaling: scalingSchema,
  nodes: v.array(v.object({ seconds: v.pipe(v.number(), v.finite(), v.gtValue(0)) })),
});

const files = process.argv.slice(2);
if (files.length === 0 || files.length % 2 === 1) {
  logLine("study-picture: give the file with the stack's outputs, and the file for the picture.");
  process.exitCode = 2;
} else {
  for (let i = 0; i < files.length; i += 2) {
    const [from = "", to = ""] = files.slice(i);
    const { scaling, nodes } = v.parse(outputsSchema, JSON.parse(await readBounded(from)));
    const chart = scalingChart(
      scaling,
      nodes.map(({ seconds }) => seconds),
    );
    if (chart === null) throw new Error(`${from}: no point of the study has one worker, so there is nothing to draw.`);
    writeFileSync(to, chartPicture(chart));
  }
}
