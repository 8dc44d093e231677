import test from "ava";
import fc from "fast-check";
import { measure, type SingleMachine } from "../../../components/measurement/metrics.ts";
import { summarize } from "../../../components/measurement/summary.ts";
import { baselineRecord, nodeRecord } from "./example-records.ts";

const rounds = (seconds: number) => [0, 1, 2, 3, 4, 5].map((i) => seconds * (1 + i / 1000));

function summaryOf(times: readonly number[][], baseline: SingleMachine): string {
  const nodes = times.map((seconds, index) => nodeRecord({ index, seconds }));
  return summarize({ nodes, baseline, metrics: measure(nodes, baseline, null), notes: [] });
}
/** Without line breaks and columns. */
const running = (summary: string) => summary.replaceAll(/\s+/g, " ");

// The tutorial's own figures: T_S 1.52 s, three Pis of 5.73 s each on average.
const tutorial = summaryOf([rounds(5.6), rounds(5.7), rounds(5.88)], baselineRecord(rounds(1.52)));

test("the tutorial's cluster is called slower than its laptop, beside the figure that hides it", (t) => {
  t.regex(
    running(tutorial),
    /together do 3,000,000 samples more slowly than the single machine alone: 5\.895 s against 4\.571 s/,
  );
  t.regex(tutorial, /N·T_P\/T_S +11\.\d\d× +a ratio of times, not a gain/);
  t.regex(running(tutorial), /throughput speed-up 0\.78; the 11\.\d\d× above is none/);
});

test("every worker and the single machine are listed with their median and its interval", (t) => {
  t.regex(tutorial, /^ +s a round +96\.9 % interval/m);
  t.regex(tutorial, /^ {2}pi-0 +5\.614 s +5\.600 – 5\.628 +1 +3\.9\.25 +Raspberry Pi 4$/m);
  t.regex(tutorial, /^ {2}single machine \(docker\) +1\.524 s/m);
});

test("a cluster that wins is called faster", (t) => {
  t.regex(summaryOf([rounds(1), rounds(1)], baselineRecord(rounds(1))), /The 2 workers together do .* faster than/);
});

test("a difference that the intervals don't support is not claimed", (t) => {
  const scattered = [0.8, 0.9, 1, 1.1, 1.2, 1.3];
  t.regex(
    running(summaryOf([scattered, scattered], baselineRecord([0.4, 0.45, 0.55, 0.6, 0.65, 0.7]))),
    /whether that is a gain these rounds can't tell/,
  );
});

test("with too few rounds there is no interval, and nothing pretends to be one", (t) => {
  const summary = summaryOf([[1, 1, 1]], baselineRecord([1, 1, 1]));
  t.regex(summary, /^ {2}pi-0 +1\.000 s +– /m);
  t.notRegex(summary, /NaN|Infinity|null|undefined/);
});

test("seconds that were given are called that, and have no interval", (t) => {
  t.regex(summaryOf([rounds(1)], { mode: "given", seconds: 1.5 }), /single machine +1\.500 s +none +seconds given/);
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
  const lines = summarize({ nodes, baseline, metrics: measure(nodes, baseline, null), notes }).split("\n");
  t.true(lines.includes("· This explains."));
  t.true(lines.includes("! This casts doubt."));
  t.regex(lines.slice(-2).join(" "), /The run is doubtful/);
});

test("no line is longer than 100 columns, whatever the times and names", (t) => {
  const time = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  const worker = fc.record({
    seconds: fc.array(time, { minLength: 1, maxLength: 12 }),
    node: fc.string({ maxLength: 63 }),
  });
  fc.assert(
    fc.property(fc.array(worker, { minLength: 1, maxLength: 5 }), time, (workers, single) => {
      const nodes = workers.map(({ seconds, node }, index) => ({ ...nodeRecord({ index, seconds }), node }));
      const baseline = baselineRecord([single]);
      const summary = summarize({ nodes, baseline, metrics: measure(nodes, baseline, null), notes: [] });
      for (const line of summary.split("\n")) t.true(line.length <= 100, line);
    }),
  );
});
