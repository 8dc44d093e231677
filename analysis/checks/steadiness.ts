// Checks whether the machines kept their speed: throttling, and anything else that started or stopped during the run.
import { wholePercent } from "../format.ts";
import { isMeasured, type Round } from "../records.ts";
import { growth, growthInErrors, stepOf } from "../step.ts";
import { commonTrend, stretches, trendOf } from "../trend.ts";
import { isNonEmpty, mean, sum, type Values } from "../values.ts";
import { differenceInterval } from "../welch.ts";
import { type Check, doubt, doubtWorst, type MachineFinding } from "./finding.ts";
import { seriesOf } from "./series.ts";

/** Share by which times must change to matter. */
export const noticeable = 0.03;

const advice =
  "The cause may be heat, throttling or another program. Cool the machine, stop other programs, and measure again.";

/** A change as part of a sentence. */
function change(by: number): string {
  return `${wholePercent(Math.abs(by))} ${by > 0 ? "longer" : "less time"}`;
}

/**
 * With more machines or fewer rounds, halves differ more easily by chance. Found by simulation at 5 % noise
 * (tests/bench/checks.ts).
 */
function stepLimit(machines: number, rounds: number): number {
  return 1.1 + (machines > 10 ? 0.05 : 0) + (rounds < 6 ? 0.05 : 0);
}
/** Halves need at least two rounds to lie apart. */
const fewestForStep = 4;

/**
 * Standard errors by which the means of the halves must differ. Without this, noisy rounds would lie apart too often.
 */
const fewestErrors = 4;

/** This many standard errors are not chance, even if the halves overlap: the machine slowed down steadily. */
const manyErrors = 6;
/** Share by which the means of the halves must then differ. */
const largeGrowth = 0.15;
/** Degrees of freedom of the spread. With fewer, this many standard errors are not rare. */
const fewestDegrees = 12;

/** Whether each series has a step. The usual spread without a step is estimated from all series. */
function haveStep(series: readonly Values[]): boolean[] {
  const errors = growthInErrors(series);
  const degrees = sum(series.map(({ length }) => 2 * Math.max(0, Math.floor(length / 2) - 1)));
  return series.map((values, i) => {
    if (values.length < fewestForStep) return false;
    const off = errors[i] ?? 0;
    if (degrees >= fewestDegrees && off > manyErrors && Math.abs(growth(values)) > largeGrowth) return true;
    return stepOf(values) > stepLimit(series.length, values.length) && off > fewestErrors;
  });
}

/** Doubtful if a worker's rounds lie on two levels, one in each half of the run. */
export const steps: Check = (run) => {
  const series = seriesOf(run);
  const have = haveStep(series.map(({ values }) => values));
  const findings = series.flatMap(({ name, values }, i): MachineFinding[] => {
    if (!have[i]) return [];
    const by = growth(values);
    const found = `On ${name}, the rounds of the run's second half took ${change(by)} than those of the first half`;
    return [{ name, badness: Math.abs(by), found }];
  });
  return doubtWorst("speed changed", findings, advice);
};

/** Standard deviations that chance exceeds in one of a hundred runs, in either direction. */
const commonLimit = 2.576;

/** Doubtful if all workers slowed down or sped up together. */
export const commonDrift: Check = (run) => {
  const values = seriesOf(run).map((series) => series.values);
  if (!isNonEmpty(values)) return [];
  const [first, ...rest] = values;
  const z = commonTrend([trendOf(first), ...rest.map(trendOf)]);
  const by = mean([growth(first), ...rest.map(growth)]);
  if (Math.abs(z) <= commonLimit || Math.abs(by) < noticeable || Math.sign(z) !== Math.sign(by)) return [];
  const who = values.length === 1 ? "the worker's" : "all workers'";
  const text = `In the run's second half, ${who} rounds took ${change(by)} than in the first half. This change is too steady to be chance. ${advice}`;
  return [doubt("workers drift", text)];
};

/** Chance of a false alarm in a whole run, shared among its workers and both directions. */
const driftLevel = 0.01;

/**
 * Doubtful if one worker alone slowed down or sped up steadily. This can't be detected if even the steadiest order of
 * the rounds is too likely among so many workers, for example with 6 rounds and 4 or more workers.
 */
export const singleDrift: Check = (run) => {
  const series = seriesOf(run);
  const findings = series.flatMap(({ name, values }): MachineFinding[] => {
    const { chanceOfRise, chanceOfFall } = trendOf(values);
    const by = growth(values);
    const chance = by > 0 ? chanceOfRise : chanceOfFall;
    if (2 * chance > driftLevel / series.length || Math.abs(by) < noticeable) return [];
    const found = `On ${name}, the rounds became steadily ${by > 0 ? "longer" : "shorter"}, by ${wholePercent(Math.abs(by))} from the run's first half to its second`;
    return [{ name, badness: Math.abs(by), found }];
  });
  return doubtWorst("rounds drift", findings, advice);
};

/** Level of the interval for the difference between the halves. */
const halvesLevel = 0.995;

/**
 * Doubtful if the single machine differed before and after the Job: the means of the halves differ by more than their
 * spread explains, the halves lie apart, or a few rounds rise or fall without exception. Three rounds per half only
 * reveal large changes.
 */
export const changedBase: Check = ({ baseline }) => {
  if (!isMeasured(baseline)) return [];
  const before = timesOf(baseline.rounds.filter(({ part }) => part === "before"));
  const after = timesOf(baseline.rounds.filter(({ part }) => part === "after"));
  if (!isNonEmpty(before) || !isNonEmpty(after)) return [];
  const by = mean(after) / mean(before) - 1;
  const [first, ...rest] = before;
  const all: Values = [first, ...rest, ...after];
  const isChanged = differ(before, after) || haveStep([stretches(all)])[0] || (all.length < manyRounds && drifts(all));
  if (!isChanged || Math.abs(by) < noticeable) return [];
  const text = `The single machine's speed changed during the run. Its rounds after the Job took ${change(by)} than those before it. Find out what else ran there, or let the machine cool, and measure again.`;
  return [doubt("single machine changed", text)];
};

const timesOf = (rounds: readonly Round[]) => rounds.map(({ seconds }) => seconds);

/** With this many rounds, the means of the halves reveal any trend. */
const manyRounds = 10;
/**
 * Chance that steady rounds drift like this, in either direction. Six rounds may rise or fall without a single
 * exception.
 */
const baseDriftLevel = 0.003;

function drifts(values: Values): boolean {
  const { chanceOfRise, chanceOfFall } = trendOf(values);
  return 2 * Math.min(chanceOfRise, chanceOfFall) <= baseDriftLevel;
}

function differ(before: Values, after: Values): boolean {
  const interval = differenceInterval(before, after, halvesLevel);
  return interval !== null && (interval[0] > 0 || interval[1] < 0);
}
