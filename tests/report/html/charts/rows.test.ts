import test from "ava";
import { shortNames } from "../../../../report/html/charts/rows.ts";
import { nodeRecord } from "../../../helpers/example-records.ts";

const shortened: [names: string[], expected: string[]][] = [
  [
    ["k3d-pi-speedup-1a2b3c4d-agent-0", "k3d-pi-speedup-1a2b3c4d-agent-1"],
    ["…agent-0", "…agent-1"],
  ],
  [
    ["raspi-2025-gray", "raspi-2025-blue"],
    ["raspi-2025-gray", "raspi-2025-blue"],
  ],
  [
    ["gray", "black"],
    ["gray", "black"],
  ],
  [["the-only-one-there-is"], ["the-only-one-there-is"]],
  [[""], ["?"]],
];
for (const [names, expected] of shortened) {
  test(`${names.join(" and ") || "nothing"} as ${expected.join(" and ") || "nothing"}`, (t) => {
    t.deepEqual(shortNames(names.map((node, index) => ({ ...nodeRecord({ index, seconds: [1] }), node }))), expected);
  });
}

test("long names keep both ends, and their number", (t) => {
  const names = shortNames(
    [0, 1].map((index) => ({ ...nodeRecord({ index, seconds: [1] }), node: `${index}${"x".repeat(200)}` })),
  );
  t.is(names.length, 2);
  for (const name of names) t.true(name.length <= 22);
});
