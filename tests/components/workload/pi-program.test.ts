import test from "ava";
import { singleIndex } from "../../../analysis/records.ts";
import type { Workload } from "../../../components/config.ts";
import { type PartOfRun, programArguments, quickCheck } from "../../../components/workload/pi-program.ts";

const workload: Workload = { image: "i", samples: 1000, rounds: 6, processes: 2, seed: "s", timeout: 600 };
const oneRound = { ...workload, rounds: 1 };

const cases: [what: string, workload: Workload, part: PartOfRun, expected: string][] = [
  ["a worker", workload, {}, "--samples=1000 --rounds=6 --processes=2 --seed=s"],
  ["a worker of one round", oneRound, {}, "--samples=1000 --rounds=1 --processes=2 --warm-up=0 --seed=s"],
  ["the quick check", quickCheck(workload), {}, "--samples=100000 --rounds=1 --processes=2 --warm-up=0 --seed=s"],
  [
    "the first of two rounds, which keeps its warm-up",
    { ...workload, rounds: 2 },
    { index: singleIndex, firstRound: 0, rounds: 1 },
    "--samples=1000 --rounds=1 --processes=2 --index=single --first-round=0 --seed=s",
  ],
  [
    "the second half of the single machine",
    workload,
    { index: singleIndex, firstRound: 3, rounds: 3, seed: "drawn" },
    "--samples=1000 --rounds=3 --processes=2 --index=single --first-round=3 --seed=drawn",
  ],
  ["a warm-up of its own", oneRound, { warmUp: 2 }, "--samples=1000 --rounds=1 --processes=2 --warm-up=2 --seed=s"],
];
for (const [what, work, part, expected] of cases) {
  test(`${what} is asked for by ${expected}`, (t) => {
    t.is(programArguments(work, part).join(" "), expected);
  });
}
