import test from "ava";
import { amountOf } from "../../../components/kubernetes/quantity.ts";

const quantities: [quantity: string, amount: number][] = [
  ["110", 110],
  ["0", 0],
  ["3920m", 3.92],
  ["1.5", 1.5],
  ["64Mi", 67_108_864],
  ["8003624Ki", 8_195_710_976],
  ["2Gi", 2_147_483_648],
  ["64M", 64_000_000],
  ["1e3", 1000],
  ["12E", 12e18],
  ["500u", 0.0005],
];
for (const [quantity, amount] of quantities) {
  test(`${quantity} is ${amount}`, (t) => {
    t.is(amountOf(quantity), amount);
  });
}

test("an invalid quantity is NaN", (t) => {
  for (const text of ["", "much", "3 Gi", "1Zi"]) t.is(amountOf(text), Number.NaN);
});
