import test from "ava";
import { changesBetween } from "../../../toolchain/standins/difference.ts";
import { type JsonObject, secret, unknown } from "../../../toolchain/standins/wire.ts";

const table: [title: string, before: JsonObject, after: JsonObject, changes: Record<string, string>][] = [
  ["equal values are no change", { a: [1, { b: "x" }] }, { a: [1, { b: "x" }] }, {}],
  ["a changed leaf is named by its path", { a: { b: [1, 2] } }, { a: { b: [1, 3] } }, { "a.b[1]": "update" }],
  ["what is new is added", { a: {} }, { a: { b: { c: 1 } } }, { "a.b": "add" }],
  ["what is gone is deleted", { a: [1, 2] }, { a: [1] }, { "a[1]": "delete" }],
  ["another type is one change", { a: [1] }, { a: { b: 1 } }, { a: "update" }],
  ["a key with dots is quoted", { l: { "a.b/c": "1" } }, { l: { "a.b/c": "2" } }, { 'l["a.b/c"]': "update" }],
  ["what is not known yet may be another", { a: "x" }, { a: unknown }, { a: "update" }],
  ["a changed secret is one change", { a: secret({ b: 1 }) }, { a: secret({ b: 2 }) }, { a: "update" }],
  ["what became secret has changed", { a: "x" }, { a: secret("x") }, { a: "update" }],
];

for (const [title, before, after, changes] of table) {
  test(title, (t) => {
    const found = changesBetween(before, after, () => false);
    t.deepEqual(Object.fromEntries([...found].map(([path, { kind }]) => [path, kind])), changes);
  });
}
