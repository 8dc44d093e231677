import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { load } from "js-yaml";
import * as v from "valibot";
import { metricTable } from "../analysis/metrics.ts";
import { commandsOf, linksIn, namesIn, readmes, textOf } from "./helpers/readme.ts";

const read = (file: string) => readFileSync(file, "utf8");
const projectSchema = v.object({ config: v.record(v.string(), v.unknown()) });
const packageSchema = v.object({ scripts: v.record(v.string(), v.string()) });

test("both languages tell the reader to type the same commands, and mark the same ones as untested", (t) => {
  const [english, chinese] = readmes.map(commandsOf);
  t.true((english?.length ?? 0) > 10);
  t.deepEqual(chinese, english);
});

for (const readme of readmes) {
  test(`${readme} explains every config key`, (t) => {
    const keys = Object.keys(v.parse(projectSchema, load(read("Pulumi.yaml"))).config);
    const missing = keys.filter((key) => !namesIn(readme).includes(key));
    t.deepEqual(missing, []);
  });

  test(`${readme} explains every metric`, (t) => {
    const missing = Object.keys(metricTable).filter((metric) => !namesIn(readme).includes(metric));
    t.deepEqual(missing, []);
  });

  test(`${readme} explains every npm script`, (t) => {
    const scripts = Object.keys(v.parse(packageSchema, JSON.parse(read("package.json"))).scripts);
    const named = namesIn(readme).map((name) => name.replace(/^npm (run )?/, ""));
    t.deepEqual(
      scripts.filter((script) => !named.includes(script)),
      [],
    );
  });

  test(`${readme} quotes messages as docs/faults.md has them`, (t) => {
    const quoted = namesIn(readme).filter((name) => /^[A-Z][a-z].*…/.test(name));
    t.true(quoted.length > 4);
    const faults = read("docs/faults.md");
    t.deepEqual(
      quoted.filter((message) => !faults.includes(message.replace(/ ?…$/, ""))),
      [],
    );
  });

  test(`${readme} points only to files that are there`, (t) => {
    t.deepEqual(
      linksIn(readme).filter((target) => !existsSync(target)),
      [],
    );
  });

  test(`${readme} holds no placeholder`, (t) => {
    t.false(textOf(readme).includes("@@"));
  });
}
