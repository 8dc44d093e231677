import test from "ava";
import fc from "fast-check";
import stringWidth from "string-width";
import { type Assessment, assess } from "../../analysis/assessment.ts";
import type { SingleMachine } from "../../analysis/records.ts";
import { summarize } from "../../report/summary.ts";
import { assessmentOf } from "../helpers/example-assessment.ts";
import { example } from "../helpers/example-measurement.ts";
import { baselineRecord, nodeRecord, timelineOf } from "../helpers/example-records.ts";

const rounds = (seconds: number) => [0, 1, 2, 3, 4, 5].map((i) => seconds * (1 + i / 1000));

function summaryOf(times: readonly number[][], baseline: SingleMachine): string {
  const nodes = times.map((seconds, index) => nodeRecord({ index, seconds }));
  return summarize(assessmentOf(nodes, baseline));
}
/** Without line breaks and columns. */
const running = (summary: string) => summary.replaceAll(/\s+/g, " ");

// The tutorial's own figures: T_S 1.52 s, three Pis of 5.73 s each on average.
const tutorial = summaryOf([rounds(5.6), rounds(5.7), rounds(5.88)], baselineRecord(rounds(1.52)));

test("the tutorial's cluster is called slower than its laptop, next to the figure that hides this", (t) => {
  t.regex(
    running(tutorial),
    /together do 3,000,000 samples more slowly than one process of the single machine, in 5\.895 s instead of 4\.571 s/,
  );
  t.regex(tutorial, /throughput speed-up S N·T_S\/T_max +0\.78 .*│ linear ratio N·T_P\/T_S +11\.\d\d×$/m);
  t.regex(
    running(tutorial),
    /The throughput speed-up S is 0\.78 \(95 % interval 0\.77 – 0\.78\)\. The tutorial's 11\.\d\d× is not a speed-up/,
  );
});

test("every worker and the single machine are listed with mean, interval, median, and how long they waited", (t) => {
  t.regex(tutorial, /^ +mean +95 % interval +median +waits +machine$/m);
  t.regex(tutorial, /^ {2}pi-0 +5\.614 s +5\.603 – 5\.625 s +5\.614 s +0 % +█+.? +Raspberry Pi 4 Model B$/m);
  t.regex(tutorial, /^ {2}single machine \(docker\) +1\.524 s/m);
});

test("the tutorial's figures stand below the others where their intervals leave no room", (t) => {
  const short = summaryOf([rounds(0.00101), rounds(0.00093)], baselineRecord(rounds(0.000_912)));
  t.regex(short, /^ {2}the tutorial's figures$/m);
  t.regex(short, /^ {2}linear ratio N·T_P\/T_S +\d\.\d\d×$/m);
  t.notRegex(short, / │ /);
});

test("the question that each speed-up answers is there, and jobs of other sizes with both starts", (t) => {
  const { summary } = example();
  t.regex(
    summary,
    /^ {2}the same work, divided \(Amdahl\) +\(O_S \+ T_S\)\/max\(O_i \+ T_i\/N\) +0\.\d\d +0\.\d\d – 0\.\d\d$/m,
  );
  t.regex(summary, /^ {2}N times the work \(Gustafson\) +N·T_S\/T_max +0\.\d\d/m);
  t.regex(summary, /^ {2}the tutorial's ratio \(neither\) +T_S\/T_P +0\.\d\d$/m);
  t.is(summary.match(/^ {2}[\d,]+ samples +[\d.]+ s +[\d.]+ s +\d\.\d\d +\d\.\d\d – \d\.\d\d$/gm)?.length, 4);
});

test("how many rounds count is said where some don't", (t) => {
  t.regex(running(example().summary), /6 timed rounds of 1,000,000 samples \(16 of the workers' 18 count\)/);
  t.notRegex(running(example({ workers: [1, 1, 1] }).summary), /count\)/);
});

const renders: [what: string, summary: string][] = [
  ["a Job that was found finished", example({ foundFinished: true }).summary],
  ["one round, the tutorial's way", example({ factors: [1], single: { mode: "given", seconds: 1.52 } }).summary],
  ["one worker", example({ workers: [1.5] }).summary],
];
for (const [what, summary] of renders) {
  test(`${what} makes a summary without a hole`, (t) => {
    t.notRegex(summary, /NaN|Infinity|null|undefined/);
    for (const line of summary.split("\n")) t.true(stringWidth(line) <= 100, line);
  });
}

test("one round claims nothing", (t) => {
  const { summary } = example({ factors: [1], single: { mode: "given", seconds: 1.52 } });
  t.regex(running(summary), /One round shows approximately how long each machine takes, but not which is faster/);
  t.notRegex(running(summary), /samples faster than|samples more slowly than/);
});

test("a cluster that wins is called faster", (t) => {
  t.regex(summaryOf([rounds(1), rounds(1)], baselineRecord(rounds(1))), /The 2 workers together do .* faster than/);
});

test("a difference that the intervals don't support is not claimed", (t) => {
  const scattered = [0.8, 0.9, 1, 1.1, 1.2, 1.3];
  t.regex(
    running(summaryOf([scattered, scattered], baselineRecord([0.4, 0.45, 0.55, 0.6, 0.65, 0.7]))),
    /These rounds cannot show which is faster/,
  );
});

test("with too few rounds there is no interval, and nothing pretends to be one", (t) => {
  const summary = summaryOf([[1, 1]], baselineRecord([1, 1]));
  t.regex(summary, /^ {2}pi-0 +1\.000 s +– +1\.000 s /m);
  t.notRegex(summary, /NaN|Infinity|null|undefined/);
});

test("seconds that were given are called that, and have no interval", (t) => {
  t.regex(summaryOf([rounds(1)], { mode: "given", seconds: 1.5 }), /single machine +1\.500 s +none +– +– +█+ +given/);
});

test("a worker as base is called by its name", (t) => {
  const base = { ...baselineRecord(rounds(1)), mode: "worker:gray" };
  t.regex(summaryOf([rounds(1)], base), /^ {2}gray, alone +1\.00\d s/m);
});

test("notes come line by line, those that cast doubt marked, and the verdict last", (t) => {
  const nodes = [nodeRecord({ index: 0, seconds: rounds(1) })];
  const baseline = baselineRecord(rounds(1));
  const notes = [
    { check: "one", text: "This explains.", doubtful: false },
    { check: "two", text: "This casts doubt.", doubtful: true },
  ];
  const lines = summarize(assessmentOf(nodes, baseline, null, notes)).split("\n");
  t.true(lines.includes("· This explains."));
  t.true(lines.includes("! This casts doubt."));
  t.regex(lines.slice(-3).join(" "), /doubtful: two/);
});

const conditions: Assessment["requirements"] = [
  { text: "throughputSpeedup >= 2", value: 1.62345, interval: [1.5, 1.75], verdict: "missed" },
  { text: "breakEvenSeconds <= 60", value: 20, interval: [10, null], verdict: "can't tell" },
  { text: "good", value: null, interval: null, verdict: "met" },
];

test("every condition has a line with verdict, figure and interval, before the verdict on the run", (t) => {
  const run = assessmentOf([nodeRecord({ index: 0, seconds: rounds(1) })], baselineRecord(rounds(1)));
  const summary = summarize({ ...run, requirements: conditions });
  t.regex(summary, /^ {2}throughputSpeedup >= 2 +missed +1\.6235 +1\.5 – 1\.75$/m);
  t.regex(summary, /^ {2}breakEvenSeconds <= 60 +can't tell +20 +10 – ∞$/m);
  t.regex(summary, /^ {2}good +met +– +–\n\n/m);
  t.notRegex(summarize(run), /condition/);
});

test("bars are as long as the times are, the longest 7 places", (t) => {
  const bars = summaryOf([rounds(2), rounds(4)], baselineRecord(rounds(1))).match(/[█-▏]+/g);
  t.deepEqual(bars, ["███▌", "███████", "█▊"]);
});

test("columns stay aligned where characters take two places", (t) => {
  const nodes = ["節點中文", "π-1", "🍓-2"].map((node, index) => ({
    ...nodeRecord({ index, seconds: rounds(1) }),
    node,
  }));
  const baseline = baselineRecord(rounds(1));
  const lines = summarize(assessmentOf(nodes, baseline)).split("\n");
  const starts = lines
    .filter((line) => line.includes("█"))
    .map((line) => stringWidth(line.slice(0, line.indexOf("█"))));
  t.is(starts.length, 4);
  t.is(new Set(starts).size, 1);
});

test("what differs between the machines is listed in the title", (t) => {
  const nodes = [nodeRecord({ index: 0, seconds: rounds(1) })];
  const baseline = { ...baselineRecord(rounds(1)), python: "3.13.1" };
  t.regex(running(summarize(assessmentOf(nodes, baseline))), /^π on 1 worker .* 1 process, Python 3\.9\.25, 3\.13\.1 /);
});

test("of hundreds of workers the slowest and the fastest are listed", (t) => {
  const many = summaryOf(
    Array.from({ length: 200 }, (_, i) => rounds(1 + i / 100)),
    baselineRecord(rounds(1)),
  );
  t.is(many.match(/^ {2}pi-\d+ /gm)?.length, 13);
  t.regex(many, /^ {2}pi-199 /m);
  t.regex(many, /^ {2}… 187 between these …$/m);
  t.regex(many, /^ {2}pi-0 /m);
});

test("a name can't move the cursor, or change colours or direction", (t) => {
  const nodes = [{ ...nodeRecord({ index: 0, seconds: rounds(1) }), node: "\u001b[2Jevil\n\u202ename" }];
  const baseline = baselineRecord(rounds(1));
  const notes = [{ check: "name", text: "About \u001b[31mevil.", doubtful: true }];
  const summary = summarize(assessmentOf(nodes, baseline, null, notes));
  t.notRegex(summary.replaceAll("\n", ""), /[\p{Cc}\u202e]/u);
  t.regex(summary, /\ufffd\[2Jevil\ufffd\ufffdname/);
});

test("no line is wider than 100 columns, whatever the times and names", (t) => {
  const time = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  const name = fc.oneof(fc.string({ maxLength: 63 }), fc.string({ unit: "grapheme", maxLength: 120, size: "max" }));
  const worker = fc.record({ seconds: fc.array(time, { minLength: 1, maxLength: 12 }), node: name });
  fc.assert(
    fc.property(fc.array(worker, { minLength: 1, maxLength: 5 }), time, (workers, single) => {
      const nodes = workers.map(({ seconds, node }, index) => ({ ...nodeRecord({ index, seconds }), node }));
      const baseline = baselineRecord([single]);
      const summary = summarize(assess({ nodes, timeline: timelineOf(nodes.map(() => 1e7)) }, baseline));
      for (const line of summary.split("\n")) t.true(stringWidth(line) <= 100, line);
    }),
    { numRuns: 50 },
  );
});
