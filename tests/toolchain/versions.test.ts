import test from "ava";
import { isAtLeast } from "../../toolchain/versions.ts";

const pairs: [a: string, b: string, expected: boolean][] = [
  ["3.250.0", "3.250.0", true],
  ["3.250.1", "3.250.0", true],
  ["3.99.0", "3.200.0", false],
  ["4.0.0", "3.200.0", true],
  ["1.26", "1.26.6", false],
  ["1.27", "1.26.6", true],
  ["5.8.3", "5.6.0", true],
];
for (const [a, b, expected] of pairs) {
  test(`${a} is ${expected ? "" : "not "}at least ${b}`, (t) => {
    t.is(isAtLeast(a, b), expected);
  });
}
