import test from "ava";
import type { SingleMachine } from "../../analysis/records.ts";
import { honestFigures, tutorialFigures } from "../../report/figures.ts";
import { assessmentOf } from "../helpers/example-assessment.ts";
import { baselineRecord, nodeRecord, podTimes, timelineOf } from "../helpers/example-records.ts";

const rounds = (length: number) => new Array<number>(6).fill(length);
// Three workers of 2 s against 1 s: they do in 2 s what takes the single machine 3 s.
const nodes = [0, 1, 2].map((index) => nodeRecord({ index, seconds: rounds(2) }));
// Read 16 s after the release: 4 s are no computing.
const timeline = {
  released: 0,
  pods: [0, 1, 2].map((index) => podTimes({ index, scheduled: 0.25, started: 1.75, read: 16 })),
};
const run = assessmentOf(nodes, { ...baselineRecord(rounds(1)), overhead: 1 }, timeline);
const named = (name: string, from = run) => honestFigures(from).find((figure) => figure.name === name);

test("the figures to trust are those of the run, with their intervals", (t) => {
  t.like(honestFigures(run)[0], { name: "throughput speed-up S", value: "1.50", interval: "1.50 – 1.50" });
  t.like(named("precision"), { value: "± 0 %" });
  t.like(named("overhead"), { value: "4.000 s" });
  t.regex(named("overhead")?.meaning ?? "", /scheduling 0\.250 s, start 1\.500 s, other 2\.250 s/);
  t.like(named("single machine's"), { formula: "O_S", value: "1.000 s" });
  // (4 − 1)/(1 − 2/3) = 9
  t.like(named("break-even"), { value: "9.000 s", interval: "9.000 – 9.000 s" });
  // (1 + 3·1)/(2 + 4)
  t.like(named("end-to-end speed-up"), { value: "0.67", interval: "0.67 – 0.67" });
  // (1 + 1)/(4 + 2/3)
  t.like(named("same work divided"), { value: "0.43", interval: "0.43 – 0.43" });
  // All rounds from 0 s to 12 s: 6·3·1/12.
  t.like(named("by wall clocks"), { value: "1.50" });
});

test("means stand with their intervals: the single machine's, the workers', the slowest worker's", (t) => {
  t.like(named("single machine"), { value: "1.000 s", interval: "1.000 – 1.000 s" });
  t.like(named("mean worker"), { value: "2.000 s", interval: "2.000 – 2.000 s" });
  t.like(named("slowest worker"), { value: "2.000 s", interval: "2.000 – 2.000 s" });
});

test("the tutorial's headline is called a ratio of times, not a gain", (t) => {
  const [first] = tutorialFigures(run.metrics);
  t.like(first, { value: "6.00×" });
  t.regex(first?.meaning ?? "", /a ratio of times, not a speed-up/);
});

test("the serial fraction is shown only where it means something", (t) => {
  t.is(named("serial fraction"), undefined);
  const equal = assessmentOf(nodes, { ...baselineRecord(rounds(1)), mode: "worker:pi-0" }, timeline);
  // (1/1.5 − 1/3)/(1 − 1/3) = 0.5
  t.like(named("serial fraction", equal), { value: "0.50" });
});

const breakEvens: [what: string, single: SingleMachine, known: boolean, meaning: RegExp][] = [
  ["a cluster that never catches up", baselineRecord(rounds(0.1)), true, /^none with equal parts/],
  ["an unknown overhead", baselineRecord(rounds(1)), false, /^unknown, like the overhead$/],
  [
    "an interval with 1 in it",
    baselineRecord([0.5, 0.9, 0.4, 0.8, 0.6, 0.8]),
    true,
    /^undecided; the cluster is not faster for jobs below/,
  ],
  ["two rounds of the single machine", baselineRecord([1, 1]), true, /^undecided; the rounds cannot show/],
];
for (const [what, single, known, meaning] of breakEvens) {
  test(`with ${what} there is no break-even, and the reason is given`, (t) => {
    const found = named("break-even", assessmentOf(nodes, single, known ? timeline : null));
    t.is(found?.value, "–");
    t.regex(found?.meaning ?? "", meaning);
  });
}

test("an unbounded break-even has an open interval", (t) => {
  const single = baselineRecord([0.5, 0.9, 0.4, 0.8, 0.6, 0.8]);
  t.regex(named("break-even", assessmentOf(nodes, single, timeline))?.interval ?? "", /^\d.* – ∞$/);
});

test("a Job that was already finished has a dash wherever its start would be", (t) => {
  const found = { released: null, pods: [0, 1, 2].map((index) => podTimes({ index, pull: null, clockShift: null })) };
  const finished = assessmentOf(nodes, baselineRecord(rounds(1)), found);
  for (const name of ["overhead", "end-to-end speed-up", "same work divided", "break-even", "by wall clocks"]) {
    t.is(named(name, finished)?.value, "–", name);
  }
});

test("the bound of the cores is a row of its own where it is known", (t) => {
  const onOne = <T extends { machine: { bootId: string | null } }>(record: T): T => ({
    ...record,
    cores: 2,
    machine: { ...record.machine, bootId: "one" },
  });
  t.is(named("bound of the cores"), undefined);
  const shared = assessmentOf(nodes.map(onOne), onOne(baselineRecord(rounds(1))), timelineOf([16, 16, 16]));
  t.like(named("bound of the cores", shared), { value: "2.00" });
});
