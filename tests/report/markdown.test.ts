import test from "ava";
import fc from "fast-check";
import type { SingleMachine } from "../../analysis/records.ts";
import { readmeOf } from "../../report/markdown.ts";
import { anyText } from "../helpers/any-text.ts";
import { assessmentOf } from "../helpers/example-assessment.ts";
import { baselineRecord, nodeRecord, timelineOf } from "../helpers/example-records.ts";

const rounds = (seconds: number) => [0, 1, 2, 3, 4, 5].map((i) => seconds * (1 + i / 1000));

function readme(
  names: readonly string[],
  baseline: SingleMachine = baselineRecord(rounds(1.52)),
  note = "A note.",
): string {
  const nodes = names.map((node, index) => ({ ...nodeRecord({ index, seconds: rounds(5.73) }), node }));
  const notes = [{ check: "check", text: note, doubtful: true }];
  return readmeOf(assessmentOf(nodes, baseline, timelineOf(nodes.map(() => 40)), notes));
}

test("the page has the verdict, the honest figures, the tutorial's, the notes and every machine", (t) => {
  const page = readme(["gray", "black", "blue"]);
  t.regex(
    page,
    /^# π on 3 workers\n\n\*\*If this run can be believed, the 3 workers together do .* doubtful: check\.\*\*/,
  );
  t.regex(page, /^\| throughput speed-up S N·T\\_S\/T\\_max \| 0\.80 \|/m);
  t.regex(page, /^\| linear ratio N·T\\_P\/T\\_S \| 11\.31× \|/m);
  t.regex(page, /^\| the same work, divided \(Amdahl\) \| 0\.\d\d \| 0\.\d\d – 0\.\d\d \|/m);
  t.regex(page, /^\| 100,000,000 samples \|( [\d.]+ s \|){2} 0\.\d\d \| 0\.\d\d – 0\.\d\d \|$/m);
  t.regex(page, /^- ⚠️ A note\.$/m);
  for (const name of ["gray", "black", "blue", "single machine (docker)"])
    t.true(page.includes(`\n| ${name} | `), name);
});

test("the conditions are a table, where there are any", (t) => {
  const run = assessmentOf([nodeRecord({ index: 0, seconds: rounds(1) })], baselineRecord(rounds(1)));
  const requirements = [
    { text: "overhead <= 5", value: 7, interval: null, verdict: "missed" as const },
    { text: "tSingle < 2", value: 1.0025, interval: [1, 1.005] as const, verdict: "met" as const },
  ];
  const page = readmeOf({ ...run, requirements });
  t.true(
    page.includes("\n| overhead &lt;= 5 | missed | 7 | – |\n| tSingle &lt; 2 | met | 1.0025 | 1 – 1.005 |\n"),
    page,
  );
  t.notRegex(readmeOf(run), /condition/);
});

test("given seconds are labelled as such", (t) => {
  t.regex(
    readme(["gray"], { mode: "given", seconds: 1.52 }),
    /^\| single machine \| 1\.520 s \| none \| – \| – \| seconds given/m,
  );
});

const hostile: [what: string, name: string, never: string | RegExp][] = [
  ["a cell's end", "a|b", /[^\\]\|b/],
  ["HTML", "<img src=x>", "<img"],
  ["a link", "[x](javascript:1)", /[^\\]\[x/],
  ["an address", "https://example.org", "https://"],
  ["emphasis", "**x**", /[^\\]\*\*x/],
  ["code", "`x`", /[^\\]`x/],
  ["a placeholder of Pulumi Cloud", `$${"{outputs.kubeconfig}"}`, "${"],
  ["another line", "a\n# b", "\n# b"],
  ["an escape of ours", "a\\|b", /[^\\]\\\|b/],
];
for (const [what, name, never] of hostile) {
  test(`a name that looks like ${what} stays text`, (t) => {
    const page = readme([name], undefined, `About ${name}.`);
    if (typeof never === "string") t.false(page.includes(never));
    else t.notRegex(page, never);
  });
}

test("whatever a name is, the tables keep their rows and cells", (t) => {
  const shape = (page: string) => page.split("\n").map((line) => line.replaceAll(/\\./g, "").split("|").length);
  const expected = shape(readme(["a"]));
  fc.assert(
    fc.property(anyText({ maxLength: 40 }), (name) => {
      t.deepEqual(shape(readme([name])), expected);
    }),
  );
});
