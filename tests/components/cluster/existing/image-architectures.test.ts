// What Docker tells of an image, in the forms that it has for one image, for a list, and for none.
import test, { type ExecutionContext } from "ava";
import { imageArchitectures } from "../../../../components/cluster/existing/image-architectures.ts";
import { fakePrograms, type Rule } from "../../../helpers/fake-programs.ts";

const platform = (architecture: string, os = "linux", more: object = {}) => ({
  platform: { architecture, os, ...more },
});

async function architectures(t: ExecutionContext, rules: Rule[] | undefined) {
  const { env, calls } = fakePrograms(t, rules === undefined ? {} : { docker: rules });
  const { PATH } = process.env;
  process.env.PATH = env.PATH;
  try {
    const found = await imageArchitectures("python:3.9-slim");
    return { found: found && [...found].sort(), calls: calls() };
  } finally {
    process.env.PATH = PATH;
  }
}
const tells = (answer: unknown): Rule[1] => ({ stdout: JSON.stringify(answer) });

test.serial("an index names its architectures, Windows' and those of what is attached left out", async (t) => {
  const manifests = [
    platform("amd64"),
    platform("arm", "linux", { variant: "v7" }),
    platform("arm64", "linux", { variant: "v8" }),
    platform("s390x", "windows"),
    platform("unknown", "unknown"),
    {},
  ];
  const { found, calls } = await architectures(t, [[/^manifest inspect/, tells({ schemaVersion: 2, manifests })]]);
  t.deepEqual(found, ["amd64", "arm", "arm64"]);
  t.deepEqual(calls, ["docker manifest inspect -- python:3.9-slim"]);
});

test.serial("an image for one architecture is asked for it", async (t) => {
  const { found } = await architectures(t, [
    [/--verbose/, tells({ Ref: "x", Descriptor: platform("arm64"), SchemaV2Manifest: {} })],
    [/^manifest inspect/, tells({ schemaVersion: 2, config: {}, layers: [] })],
  ]);
  t.deepEqual(found, ["arm64"]);
});

const unknown: [what: string, rules: Rule[] | undefined][] = [
  ["no Docker", undefined],
  ["a registry that is out of reach", [[/./, { code: 1, stderr: "no such manifest" }]]],
  ["an answer that is no JSON", [[/./, { stdout: "<html>" }]]],
  ["an answer of another shape", [[/./, tells({ manifests: [{ platform: 7 }] })]]],
  ["an index for Windows alone", [[/./, tells({ manifests: [platform("amd64", "windows")] })]]],
  ["one image whose platform is not told", [[/./, tells({ schemaVersion: 2, Descriptor: {} })]]],
];
for (const [what, rules] of unknown) {
  test.serial(`with ${what} the architectures stay unknown`, async (t) => {
    t.is((await architectures(t, rules)).found, undefined);
  });
}
