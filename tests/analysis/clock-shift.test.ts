import test from "ava";
import { clockShiftOf } from "../../analysis/clock-shift.ts";

const seen = { released: 1000, ended: 1010 };
const clocks: [what: string, started: number, ended: number, shift: number | null][] = [
  ["that agrees is left alone", 1001, 1009, 0],
  ["at both bounds is left alone", 1000, 1010, 0],
  ["300 s ahead is set back by the least amount", 1301, 1309, -299],
  ["300 s behind is set forward by the least amount", 701, 709, 299],
  ["2 s ahead is set back until its end was not seen too early", 1003, 1011, -1],
  ["2 s behind is set forward until it starts no earlier than the release", 999, 1007, 1],
  ["that was set while the program ran fits nowhere", 1001, 1309, null],
];
for (const [what, started, ended, shift] of clocks) {
  test(`a node's clock ${what}`, (t) => {
    t.is(clockShiftOf({ started, ended }, seen), shift);
  });
}
