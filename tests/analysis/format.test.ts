import test from "ava";
import {
  atStart,
  between,
  betweenOpenSeconds,
  betweenSeconds,
  coarse,
  compactPercent,
  decimal,
  milli,
  orDash,
  plural,
  ratio,
  seconds,
  shortList,
  whole,
  wholePercent,
} from "../../analysis/format.ts";

const written: [text: string, expected: string][] = [
  [seconds(0), "0 s"],
  [seconds(0.0000123), "0.0000123 s"],
  [seconds(0.0402), "0.0402 s"],
  [seconds(1.52), "1.520 s"],
  [seconds(17.24), "17.2 s"],
  [seconds(2_500_000), "2.50e+6 s"],
  [ratio(11.305), "11.30"],
  [ratio(1_234_567), "1.23e+6"],
  [compactPercent(0.15), "15 %"],
  [compactPercent(123.4), "1.23e+4 %"],
  [wholePercent(0.25), "25 %"],
  [wholePercent(123.4), "12340 %"],
  [coarse(3.96), "4.0 s"],
  [whole(1234.5), "1,235"],
  [decimal(1234.567), "1,234.57"],
  [orDash(null, ratio), "–"],
  [between([1, 2], ratio), "1.00 – 2.00"],
  [betweenSeconds([1, 2]), "1.000 – 2.000 s"],
  [betweenOpenSeconds([1, null]), "1.000 s – ∞"],
  [milli(0.0123), "0.012 s"],
  [milli(-0.5), "-0.500 s"],
  [milli(1234.56), "1234.6 s"],
  [plural(1, "worker"), "worker"],
  [plural(1.0001, "sample"), "samples"],
  [plural(2, "process", "processes"), "processes"],
  [shortList(["a", "b", "c", "d"]), "a, b, c, d"],
  [shortList(["a", "b", "c", "d", "e"]), "a, b, c, d and 1 more"],
  [atStart("the single machine"), "The single machine"],
  [atStart("gray"), "gray"],
];
for (const [text, expected] of written) {
  test(`a value is written as ${expected}`, (t) => {
    t.is(text, expected);
  });
}
