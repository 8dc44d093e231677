import test from "ava";
import { computeMetrics } from "../../analysis/metrics.ts";
import { honestFigures, tutorialFigures } from "../../report/figures.ts";
import { baselineRecord, nodeRecord, podTimes } from "../helpers/example-records.ts";

const rounds = (length: number) => new Array<number>(6).fill(length);
// Three workers of 2 s against 1 s: they do in 2 s what takes the single machine 3 s.
const nodes = [0, 1, 2].map((index) => nodeRecord({ index, started: 4, seconds: rounds(2) }));
// The Job is created at 0 and the last pod ends at 16: 4 s are no computing.
const timeline = { created: 0, pods: [podTimes({ scheduled: 1, pull: 0 })] };
const figures = honestFigures(computeMetrics(nodes, baselineRecord(rounds(1)), timeline));
const named = (name: string) => figures.find((figure) => figure.name === name);

test("the honest figures are those of the run, with what bounds them", (t) => {
  t.like(figures[0], { name: "throughput speed-up", value: "1.50", interval: "1.50 – 1.50" });
  t.like(named("overhead"), { value: "4.0 s", interval: "± 1 s" });
  // 4/(1 − 1/1.5) = 12
  t.like(named("break-even"), { value: "12.0 s" });
  // 3·1/(2 + 4)
  t.like(named("end-to-end speed-up"), { value: "0.50" });
});

test("the tutorial's headline is called a ratio of times and no gain", (t) => {
  const [first] = tutorialFigures(computeMetrics(nodes, baselineRecord(rounds(1)), timeline));
  t.like(first, { value: "6.00×" });
  t.regex(first?.meaning ?? "", /no gain/);
});

test("a cluster that never catches up has no break-even, and one whose overhead is unknown has an unknown one", (t) => {
  const meaning = (single: number) =>
    honestFigures(computeMetrics(nodes, baselineRecord(rounds(single)), null)).find(
      ({ name }) => name === "break-even",
    );
  t.like(meaning(0.1), { value: "–", meaning: "none: the single machine is faster at any size" });
  t.like(meaning(1), { value: "–", meaning: "unknown, as the overhead is" });
});
