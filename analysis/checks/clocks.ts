// Checks the clocks: the Job's timeline, the nodes' clocks, and that the single machine's halves enclose the Job.
import { clockShift } from "../common-window.ts";
import { decimal, plural, seconds, shortList } from "../format.ts";
import { type BaselineRecord, isMeasured, workerOf } from "../records.ts";
import { type Check, doubt, type Examined, explain } from "./finding.ts";

/** Doubtful if nobody saw when the Job was released, or when a pod ended. */
export const timelineMissing: Check = ({ timeline }) => {
  const unseen = timeline?.pods.filter(({ finished, read }) => finished === null && read === null) ?? [];
  if (timeline !== null && timeline.released !== null && unseen.length === 0) return [];
  const text =
    "The Job was found finished without its complete timeline. So it is unknown which rounds the workers computed at the same time, and how large the overhead was. Measure again (another value of pi-speedup:run, or `npm run measure`).";
  return [doubt("timeline missing", text, "timeline-missing")];
};

/** Doubtful if no shift makes the clocks consistent. */
export const clocksUnsettled: Check = (run) => {
  const { nodes, timeline } = run;
  if (timeline === null || timelineMissing(run).length > 0) return [];
  const unsettled = nodes.filter(({ index }) => clockShift(timeline, index) === null).map(({ node }) => node);
  if (unsettled.length === 0) return [];
  const whose =
    unsettled.length === 1 ? `The clock of ${unsettled[0]} was` : `The clocks of ${shortList(unsettled)} were`;
  const text = `${whose} set while the program ran. So it is unknown which rounds the workers computed at the same time. Set up time synchronisation and measure again.`;
  return [doubt("clocks unsettled", text, "clock-set")];
};

/** Explains that a clock was off: its timestamps were shifted, so the figures are still valid. */
export const clocksShifted: Check = ({ nodes, timeline }) => {
  const shifted = nodes
    .map(({ node, index }) => ({ node, shift: clockShift(timeline, index) ?? 0 }))
    .filter(({ shift }) => shift !== 0)
    .toSorted((a, b) => Math.abs(b.shift) - Math.abs(a.shift) || a.node.localeCompare(b.node));
  const [worst, ...others] = shifted;
  if (worst === undefined) return [];
  const how = `at least ${decimal(Math.abs(worst.shift))} s ${worst.shift > 0 ? "behind" : "ahead of"} the collector's`;
  const whose = `The ${plural(others.length, "clock")} of ${shortList(others.map(({ node }) => node))}`;
  const lesser = others.length === 0 ? "" : ` ${whose} ${plural(others.length, "is", "are")} off by no more than that.`;
  const text = `The clock of ${worst.node} is ${how}.${lesser} The time stamps were shifted accordingly. The measured times are right, because they come from other clocks. Set up time synchronisation.`;
  return [explain("clocks shifted", text, "clock-skew")];
};

/**
 * Seconds by which timestamps of the single machine's halves and of the Job may overlap if the collector's clock made
 * both.
 */
const overlap = 0.5;
/** The same for a worker's clock. Its offset is only known up to the time that a pod takes to start. */
const overlapOfWorker = 60;
/** Seconds, 15 minutes. After a longer pause, the machine may have changed. */
const longestBreak = 900;

/** Doubtful if the single machine's halves do not come right before and right after the Job. */
export const halvesApart: Check = (run) => {
  const { baseline, timeline } = run;
  if (!isMeasured(baseline) || baseline.rounds.length === 1) return [];
  const released = timeline?.released ?? null;
  const ended = released === null || run.timed.elapsed === null ? null : released + run.timed.elapsed;
  const shift = shiftOf(baseline, run);
  if (released === null || ended === null || shift === null) return [];
  const allowed = workerOf(baseline) === undefined ? overlap : overlapOfWorker;
  const [before, after] = (["before", "after"] as const).map((half) =>
    baseline.parts.find(({ part }) => part === half),
  );
  const found =
    before === undefined || after === undefined
      ? "has only one half"
      : before.ended + shift > released + allowed || after.started + shift < ended - allowed
        ? "was not measured half before the Job and half after it"
        : breakOf(released - (before.ended + shift), after.started + shift - ended);
  if (found === undefined) return [];
  const text = `The single machine ${found}. Any change in between affects the speed-up, but no interval shows it. Measure again without a break (another value of pi-speedup:run, or \`npm run measure\`).`;
  return [doubt("halves apart", text, "halves-apart")];
};

/**
 * Seconds to add to the single machine's timestamps: a worker's clock is off as it is in the worker's pod. Null if
 * unknown.
 */
function shiftOf(baseline: BaselineRecord, { nodes, timeline }: Examined): number | null {
  const worker = workerOf(baseline);
  if (worker === undefined) return 0;
  const record = nodes.find(({ node }) => node === worker);
  return record === undefined ? null : clockShift(timeline, record.index);
}

function breakOf(before: number, after: number): string | undefined {
  const longest = Math.max(before, after);
  if (longest <= longestBreak) return undefined;
  return `waited ${seconds(longest)} ${before > after ? "between its first half and the Job" : "between the Job and its second half"}`;
}
