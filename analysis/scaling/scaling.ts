// Interprets the points of a study: the laws, or the reasons why none was fitted.
import { atStart, plural } from "../format.ts";
import { studentQuantile } from "../student.ts";
import { isNonEmpty, mean } from "../values.ts";
import { coresBound } from "./curve.ts";
import { type Fit, fit, gridOf } from "./fit.ts";
import { lackOfFit } from "./lack-of-fit.ts";
import { amdahl, gustafson, type LawForm, lawName, universal } from "./laws.ts";
import { pauseBetweenBlocks, refusals } from "./refusals.ts";
import type { Law, PlannedPoint, Scaling, ScalingKind, StudyPoint } from "./study-records.ts";
import { weighted, workerVariance } from "./weights.ts";

/** Chance below which points do not lie on a law. */
const unfitChance = 0.01;
/** The minimum for the Universal Scalability Law. With less, its two coefficients can't be told apart. */
const universalCounts = 6;
const universalRange = 8;
/** How far beyond the largest worker count a peak is credible. */
const peakWithin = 2;

/** A law, or the reason for having none. */
type Fitted = Scaling["asUserWaits"];

const refused = (reasons: readonly string[]): Fitted => ({ law: null, reason: reasons.join(" ") });

/** T_P of a point, seconds: the mean time of its workers. */
function meanOf({ times, seconds }: Pick<StudyPoint, "times" | "seconds">): number {
  return isNonEmpty(times) ? mean(times) : seconds;
}

/**
 * The results of a study. Points that were planned but not measured are missing; without `planned`, the points are
 * complete. The order of the points does not matter.
 */
export function scalingOf(
  kind: ScalingKind,
  points: readonly StudyPoint[],
  planned?: readonly PlannedPoint[],
): Scaling {
  const ordered = points.toSorted((a, b) => a.block - b.block || a.position - b.position);
  const reasons = refusals(ordered, planned);
  const form = kind === "strong" ? amdahl : gustafson;
  const computing = reasons.length > 0 ? refused(reasons) : fitted(form, ordered, meanOf, scatterOf(ordered));
  const second = universalOf(kind, ordered, reasons);
  // If the points do not fit the simpler law, the one with another term may fit.
  const best = reasons.length === 0 && computing.law === null && second.law !== null ? second : computing;
  return {
    kind,
    points: ordered.map(({ hosts, ...point }) => ({
      ...point,
      mean: meanOf(point),
      bound: hosts.length > 0 ? coresBound({ hosts }) : point.workers,
    })),
    ...best,
    asUserWaits: waiting(form, ordered, reasons),
    universal: second,
    remarks: [
      ...pauseBetweenBlocks(ordered),
      ...(best.law === null ? [] : onSharedHosts(ordered)),
      ...superlinear(best.law),
      ...withoutChance(best.law),
    ],
  };
}

function waiting(form: LawForm, points: readonly StudyPoint[], reasons: readonly string[]): Fitted {
  if (reasons.length > 0) return refused(reasons);
  if (points.some(({ wait }) => wait === null)) {
    return refused([
      "For some points, the user's waiting time is unknown, because the time of an image pull or a result is unknown. The nodes have the image now, so change pi-speedup:run to measure again.",
    ]);
  }
  // More workers do not make the wait for the slowest more certain.
  return fitted(form, points, ({ wait, seconds }) => wait ?? seconds, 0);
}

function universalOf(kind: ScalingKind, points: readonly StudyPoint[], reasons: readonly string[]): Fitted {
  if (kind === "weak") {
    return refused([
      "The Universal Scalability Law needs the same total work for every worker count. Set pi-speedup:scaling to strong.",
    ]);
  }
  if (reasons.length > 0) return refused(reasons);
  const counts = [...new Set(points.map(({ workers }) => workers))];
  const range = Math.max(...counts) / Math.min(...counts);
  if (counts.length < universalCounts || range < universalRange) {
    return refused([
      `The Universal Scalability Law needs at least ${universalCounts} worker counts, and the largest must be at least ${universalRange} times the smallest. This study has ${counts.length} ${plural(counts.length, "count")}, and the largest is ${Number(range.toPrecision(3))} times the smallest.`,
    ]);
  }
  return fitted(universal, points, meanOf, scatterOf(points));
}

/** σ² of one worker: the more workers a point has, the more precise is their mean. */
function scatterOf(points: readonly StudyPoint[]): number {
  return workerVariance(points.map(({ times }) => times));
}

/** Points of a complete study, each with one of its times, and σ² of the workers whose mean it is. */
function fitted(
  form: LawForm,
  points: readonly StudyPoint[],
  timeOf: (point: StudyPoint) => number,
  variance: number,
): Fitted {
  const blocks = [...new Set(points.map(({ block }) => block))];
  const rows = blocks.map((block) =>
    points
      .filter((point) => point.block === block)
      .toSorted((a, b) => a.workers - b.workers)
      .map((point) => ({ workers: point.workers, seconds: timeOf(point) })),
  );
  const grid = weighted(gridOf(rows), variance);
  const found = fit(form, grid);
  if (found === null)
    return refused([`${atStart(lawName(form))} has no best coefficients for these points. Measure more points.`]);
  const chance = lackOfFit(grid, found);
  if (chance < unfitChance) {
    return refused([
      `The points do not follow ${lawName(form)}. They deviate from it by more than blocks differ from each other. By chance, this happens in fewer than 1 of 100 studies. Look for the place where the curve bends.`,
    ]);
  }
  return { law: lawOf(form, found, chance, Math.max(...points.map(({ workers }) => workers))), reason: null };
}

function lawOf(form: LawForm, found: Fit, chance: number, most: number): Law {
  const [coefficient = 0, exchange] = found.coefficients;
  const [interval = [coefficient, coefficient], exchangeInterval] = found.intervals;
  return {
    name: form.name,
    coefficient,
    interval: [interval[0], interval[1]],
    exchange:
      exchange === undefined || exchangeInterval === undefined
        ? null
        : { coefficient: exchange, interval: [exchangeInterval[0], exchangeInterval[1]] },
    limit: limitOf(form, found, most),
    single: found.single,
    degrees: found.degrees,
    lackOfFit: chance,
    variance: found.variance,
  };
}

function limitOf(form: LawForm, found: Fit, most: number): Law["limit"] {
  const [coefficient = 0] = found.coefficients;
  if (form.name === "Universal Scalability Law") return peakOf(found, most);
  const [low, high] = found.intervals[0] ?? [coefficient, coefficient];
  // With equal work for each worker, each additional one adds the same.
  if (form.name === "Gustafson" || high <= 0) return null;
  return {
    of: "speed-up",
    value: coefficient > 0 ? 1 / coefficient : null,
    interval: [1 / high, low > 0 ? 1 / low : null],
  };
}

/**
 * N* = √((1 − α)/β), if β is certainly above 0 and N* is near the measured range (Gunther 2007); its interval by the
 * delta method.
 */
function peakOf(
  { coefficients: [alpha = 0, beta = 0], intervals, variance, degrees }: Fit,
  most: number,
): Law["limit"] {
  const [low = 0] = intervals[1] ?? [];
  if (!(low > 0) || alpha >= 1) return null;
  const value = Math.sqrt((1 - alpha) / beta);
  if (value > peakWithin * most) return null;
  const [ofAlpha = 0, ofBeta = 0, both = 0] = variance;
  const spread = (ofAlpha / (1 - alpha) ** 2 + ofBeta / beta ** 2 + (2 * both) / ((1 - alpha) * beta)) / 4;
  const margin = studentQuantile(0.975, degrees) * Math.sqrt(Math.max(0, spread));
  return { of: "workers", value, interval: [value * Math.exp(-margin), value * Math.exp(margin)] };
}

/** Better than proportional is possible (caches, a clock that falls with heat). It is reported, not clipped. */
function superlinear(law: Law | null): string[] {
  const names =
    law === null
      ? []
      : [
          ...(law.interval[1] < 0 ? [law.exchange === null ? "The serial fraction" : "The share that waits (α)"] : []),
          ...((law.exchange?.interval[1] ?? 0) < 0 ? ["The cost of exchange (β)"] : []),
        ];
  return names.map(
    (name) =>
      `${name} is certainly below 0, so more workers do better than in proportion to their number. Before you believe this, look for a cause that slows down one worker alone, such as a processor that lowers its clock.`,
  );
}

/** An interval without width does not mean certainty, because measured times differ. */
function withoutChance(law: Law | null): string[] {
  if (law === null || law.interval[1] - law.interval[0] > 1e-9) return [];
  return [
    "The interval has no width, because the points do not vary at all. Measured times differ in their last digits. Find out why these times are equal.",
  ];
}

/** A law fitted within the cores of a shared computer describes workers that share a computer, not separate ones. */
function onSharedHosts(points: readonly StudyPoint[]): string[] {
  const guests = Math.max(0, ...points.flatMap(({ hosts }) => hosts.map(({ nodes }) => nodes.length)));
  return guests < 2
    ? []
    : [
        `Up to ${guests} workers share one computer, with its memory, caches and clock. The law describes such workers, and says nothing about workers that are separate computers.`,
      ];
}
