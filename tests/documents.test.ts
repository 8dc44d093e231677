import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { load } from "js-yaml";
import * as v from "valibot";
import { metricTable } from "../analysis/metrics.ts";
import { commandsOf, documents, linksIn, namesIn, textOf, translated } from "./helpers/documents.ts";

const read = (file: string) => readFileSync(file, "utf8");
const projectSchema = v.object({ config: v.record(v.string(), v.unknown()) });
/** As index.ts exports them. */
const outputNames = [...read("index.ts").matchAll(/^export const (\{.*?\}|\w+)/gm)].flatMap(
  ([, names = ""]) => names.match(/\w+/g) ?? [],
);
const packageSchema = v.object({ scripts: v.record(v.string(), v.string()) });

test("the Chinese README links to every translated page", (t) => {
  const chinese = linksIn("README.zh-TW.md").filter((link) => link.endsWith(".zh-TW.md"));
  t.deepEqual(
    [...new Set(chinese)].sort(),
    translated
      .map(([, file]) => file)
      .filter((file) => file !== "README.zh-TW.md")
      .sort(),
  );
  t.true(translated.length > 5);
});

for (const [english, chinese] of translated) {
  test(`${chinese} has the same commands as ${english}, and marks the same ones as untested`, (t) => {
    t.deepEqual(commandsOf(chinese), commandsOf(english));
  });

  test(`${english} and ${chinese} link to each other`, (t) => {
    t.true(linksIn(english).includes(chinese));
    t.true(linksIn(chinese).includes(english));
  });
}

for (const readme of ["README.md", "README.zh-TW.md"]) {
  test(`${readme} has at most 120 lines`, (t) => {
    const lines = textOf(readme).split("\n").length;
    t.true(lines <= 121, `${lines} lines`);
  });

  test(`${readme} explains every npm script`, (t) => {
    const scripts = Object.keys(v.parse(packageSchema, JSON.parse(read("package.json"))).scripts);
    const named = namesIn(readme).map((name) => name.replace(/^npm (run )?/, ""));
    t.deepEqual(
      scripts.filter((script) => !named.includes(script)),
      [],
    );
  });
}

for (const page of ["docs/configuration.md", "docs/configuration.zh-TW.md"]) {
  test(`${page} explains every config key and every output`, (t) => {
    const keys = Object.keys(v.parse(projectSchema, load(read("Pulumi.yaml"))).config);
    const missing = [...keys, ...outputNames].filter((key) => !namesIn(page).includes(key));
    t.deepEqual(missing, []);
  });
}

test("the program has the outputs that the pages must explain", (t) => {
  t.is(outputNames.length, 11);
});

test("docs/metrics.zh-TW.md explains every metric", (t) => {
  const missing = Object.keys(metricTable).filter((metric) => !namesIn("docs/metrics.zh-TW.md").includes(metric));
  t.deepEqual(missing, []);
});

for (const document of documents) {
  test(`${document} links only to existing files, and contains no placeholder`, (t) => {
    t.deepEqual(
      linksIn(document).filter((target) => !existsSync(target)),
      [],
    );
    t.false(textOf(document).includes("@@"));
  });
}
