import test from "ava";
import { doubt, explain } from "../../analysis/checks/finding.ts";
import { judge, judgementText } from "../../analysis/judgement.ts";
import { assessed } from "../helpers/example-run.ts";

const metricsWith = (precision: number | null) => ({ ...assessed({}).metrics, precision });

test("a run is doubtful for each doubt once, and never for an explanation", (t) => {
  const { valid, doubts } = judge(
    [doubt("a", ""), explain("b", ""), doubt("a", ""), doubt("c", "")],
    metricsWith(0.05),
    6,
  );
  t.false(valid);
  t.deepEqual(doubts, ["a", "c"]);
  t.true(judge([explain("b", "")], metricsWith(0.05), 6).valid);
});

const judged: [precision: number | null, precise: boolean | null, roundsNeeded: number | null, text: string][] = [
  [0.06, true, null, "The run is valid, and precise: S is known to ± 6 %."],
  [0.1, true, null, "The run is valid, and precise: S is known to ± 10 %."],
  // 6·(0.25/0.1)² = 37.5.
  [0.25, false, 38, "The run is valid, but not precise: S is known to ± 25 %, and about 38 rounds would give ± 10 %."],
  [0.002, true, null, "The run is valid, and precise: S is known to ± 0.2 %."],
  // 6·(0.1004/0.1)² = 6.05: what is not precise does not read like what is.
  [
    0.1004,
    false,
    7,
    "The run is valid, but not precise: S is known to ± 10.1 %, and about 7 rounds would give ± 10 %.",
  ],
  [
    5,
    false,
    15_000,
    "The run is valid, but not precise: S is known to ± 500 %, and no number of such rounds would give ± 10 %.",
  ],
  [null, null, null, "The run is valid, but too short to be judged: S has no interval."],
];
for (const [precision, precise, roundsNeeded, text] of judged) {
  test(`six rounds and a precision of ${precision}: "${text}"`, (t) => {
    const judgement = judge([], metricsWith(precision), 6);
    t.like(judgement, { valid: true, precise, precision, roundsNeeded });
    t.is(judgementText(judgement), text);
  });
}

test("doubt comes before precision", (t) => {
  t.is(judgementText(judge([doubt("a", ""), doubt("c", "")], metricsWith(0.05), 6)), "The run is doubtful: a; c.");
});

test("a single round, as in the tutorial, is never called good", (t) => {
  const { judgement } = assessed({ workers: [{ seconds: [4.42] }], single: 1.5 });
  t.like(judgement, { valid: true, precise: null, roundsNeeded: null });
});

test("rounds that scatter are not doubtful, but not precise", (t) => {
  const { judgement } = assessed({ workers: [{ seconds: [0.8, 1.2, 1.1, 0.9, 1.3, 0.7] }], single: 1 });
  t.true(judgement.valid, judgement.doubts.join());
  t.false(judgement.precise);
});
