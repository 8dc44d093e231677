import test from "ava";
import type { BaselineRecord } from "../../analysis/records.ts";
import { outcomeOf, verdict, wholeMachines } from "../../report/verdict.ts";
import { assessmentOf, doubt } from "../helpers/example-assessment.ts";
import { baselineRecord, nodeRecord, timelineOf } from "../helpers/example-records.ts";

const steady = (length: number) => [0, 1, 2, 3, 4, 5].map((i) => length * (1 + i / 1000));
const flat = (length: number) => new Array<number>(6).fill(length);
const scattered = [0.8, 0.9, 1, 1.1, 1.2, 1.3];
const oneCore = (seconds: readonly number[]): BaselineRecord => ({ ...baselineRecord(seconds), cores: 1 });

interface Run {
  worker: readonly number[];
  single: BaselineRecord | readonly number[];
  doubtful?: boolean;
  overhead?: number | null;
}

/** Three workers whose pods cost `overhead` seconds beside computing. */
function runOf({ worker, single, doubtful = false, overhead = 4 }: Run) {
  const nodes = [0, 1, 2].map((index) => nodeRecord({ index, seconds: worker }));
  const computing = worker.reduce((sum, seconds) => sum + seconds, 0);
  const timeline = overhead === null ? null : timelineOf(nodes.map(() => computing + overhead));
  const baseline = "mode" in single ? single : oneCore(single);
  return assessmentOf(nodes, baseline, timeline, doubtful ? [doubt] : []);
}
const sentences = (run: Run) => verdict(runOf(run));

test("a cluster that wins is called faster than one process, with its interval, and from which job on it wins", (t) => {
  // S = 3·1/2 = 1.5; (4 − 0)/(1 − 2/3) = 12 s on the single machine, 12 million samples of a million a second.
  const found = sentences({ worker: flat(2), single: flat(1) });
  t.is(found.length, 3);
  t.regex(
    found[0] ?? "",
    /^The 3 workers together do 3,000,000 samples faster than one process of the single machine, in 2\.000 s instead of 3\.000 s\. The throughput speed-up S is 1\.50 \(95 % interval 1\.50 – 1\.50\)\. /,
  );
  t.regex(
    found[1] ?? "",
    /^Including the overhead of both sides \(the cluster's is 4\.000 s\), .* take that process more than 12\.0 s\. That is about 12,000,000 samples\. The 95 % interval is 12\.0 – 12\.0 s\.$/,
  );
  t.regex(found[2] ?? "", /valid, and precise/);
});

test("a doubt stands before the claim, and after it", (t) => {
  const found = sentences({ worker: flat(2), single: flat(1), doubtful: true });
  t.regex(found[0] ?? "", /^If this run can be trusted, the 3 workers together do .* faster than one process/);
  t.regex(found.at(-1) ?? "", /doubtful: a doubt/);
});

test("a losing cluster is said to never catch up with equal parts", (t) => {
  const found = sentences({ worker: steady(5.7), single: steady(1.52) });
  t.regex(found[0] ?? "", /more slowly than one process of the single machine/);
  t.is(found[1], "With equal parts, no job is large enough for the workers to catch up.");
});

test("where the work divided by speed would win, that is said beside it", (t) => {
  // Workers of 4, 4 and 1 s against 1 s: S = 3·1/4 = 0.75, by speed 1/4 + 1/4 + 1 = 1.5.
  const nodes = [4, 4, 1].map((seconds, index) =>
    nodeRecord({ index, seconds: new Array<number>(24 / seconds).fill(seconds) }),
  );
  const found = verdict(assessmentOf(nodes, oneCore(flat(1)), timelineOf([28, 28, 28])));
  t.regex(found[1] ?? "", /^With equal parts, .* catch up\. With the work divided by speed, .* about 1\.50\.$/);
});

test("where the interval includes 1, neither a gain nor a break-even is claimed, only its bound", (t) => {
  const found = sentences({ worker: scattered, single: [0.3, 0.32, 0.35, 0.36, 0.38, 0.4] });
  t.regex(found[0] ?? "", /\. These rounds cannot show which is faster\. /);
  t.regex(
    found[1] ?? "",
    /^These rounds cannot show for which jobs the cluster is faster\. It is not faster for jobs that take .* less than/,
  );
});

test("without an interval nothing is claimed, whatever the estimate", (t) => {
  const run = runOf({ worker: [1, 1], single: oneCore([2, 2]) });
  t.is(outcomeOf(run.metrics), "undecided");
  t.notRegex(verdict(run).join(" "), /faster than|slowly|is faster for/);
  t.regex(
    verdict(run)[0] ?? "",
    /Without an interval, it is unknown which is faster\. An interval takes at least 3 rounds that count/,
  );
});

test("for a single round, as in the tutorial, the text says what it shows and what not", (t) => {
  const found = sentences({ worker: [4.42], single: { ...oneCore([1.5]), cores: 1 } });
  t.regex(found[0] ?? "", /One round shows approximately how long each machine takes, but not which is faster/);
});

test("where the start's cost is unknown, so is the break-even", (t) => {
  const found = sentences({ worker: flat(2), single: flat(1), overhead: null });
  t.regex(
    found[1] ?? "",
    /^The cluster's overhead is unknown\. So it is unknown for which jobs the cluster is faster\.$/,
  );
});

test("cores that the one process leaves idle are named, with what they would do and how to compare whole machines", (t) => {
  // 3 s by one process; on 8 cores 3/8 = 0.375 s.
  const found = sentences({ worker: flat(2), single: { ...baselineRecord(flat(1)), cores: 8 } });
  t.regex(
    found[1] ?? "",
    /^That process used 1 of the 8 cores of the single machine\. With all its cores, .* about 0\.375 s/,
  );
  t.true(found[1]?.includes(wholeMachines));
});

test("a single machine that used all its cores is called that", (t) => {
  const found = sentences({ worker: flat(2), single: { ...baselineRecord(flat(1)), cores: 4, processes: 4 } });
  t.is(found.length, 3);
  t.regex(found[0] ?? "", /faster than the single machine with all its 4 cores/);
});

test("for given seconds the cores are unknown", (t) => {
  const nodes = [0, 1, 2].map((index) => nodeRecord({ index, seconds: flat(2) }));
  const found = verdict(assessmentOf(nodes, { mode: "given", seconds: 1 }, timelineOf([16, 16, 16])));
  t.regex(found[1] ?? "", /^The single machine has an unknown number of cores/);
});

test("the verdict speaks of one worker as one", (t) => {
  const found = verdict(assessmentOf([nodeRecord({ seconds: steady(5) })], oneCore(steady(1)), timelineOf([40])));
  t.regex(found[0] ?? "", /^The one worker does 1,000,000 samples more slowly/);
  t.is(found[1], "No job is large enough for the worker to catch up.");
});

test("where the cluster's start costs no more than the single machine's, no job is too small", (t) => {
  const dear = (seconds: readonly number[]) => ({ ...oneCore(seconds), overhead: 5 });
  t.regex(
    sentences({ worker: flat(2), single: dear(flat(1)) })[1] ?? "",
    /the cluster is faster for jobs of any size\. /,
  );
  // Undecided: a job of less than 0 s is nobody's.
  t.notRegex(
    sentences({ worker: scattered, single: dear(scattered.map((each) => each / 3)) }).join(" "),
    /less than 0 s/,
  );
});

test("where the single machine's start is unknown, that is why there is no break-even", (t) => {
  const found = sentences({ worker: flat(2), single: { ...oneCore(flat(1)), overhead: null } });
  t.is(found[1], "The single machine's overhead is unknown. So it is unknown for which jobs the cluster is faster.");
});
