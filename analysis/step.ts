// Whether a time series has a step: whether its second half lies apart from the first.
import { atRank, isNonEmpty, mean, sorted, sum, type Values } from "./values.ts";

/**
 * Both halves of a series. With an odd number of values, the middle one is in neither. Null if there is only one value.
 */
function halved(values: Values): [Values, Values] | null {
  const length = Math.floor(values.length / 2);
  const [first, second] = [values.slice(0, length), values.slice(values.length - length)];
  return isNonEmpty(first) && isNonEmpty(second) ? [first, second] : null;
}

/** By how much the mean of the second half exceeds that of the first, as a share; 0 for one value. */
export function growth(values: Values): number {
  const halves = halved(values);
  return halves === null ? 0 : mean(halves[1]) / mean(halves[0]) - 1;
}

/**
 * How far apart the halves lie, as a ratio: the second half's fast values to the first half's slow ones, or the reverse
 * if it falls; 1 if they overlap. With up to three values per half, these are the extremes. With many, they approach
 * the medians of the halves, so a step is found in any number of values.
 */
export function stepOf(values: Values): number {
  const halves = halved(values);
  if (halves === null) return 1;
  const [first, second] = halves.map(inside);
  if (first === undefined || second === undefined) return 1;
  return Math.max(1, second[0] / first[1], first[0] / second[1]);
}

/**
 * How far the growth of several series lies from chance, in standard errors. The spread within the halves is taken from
 * all series, as a share of the half's mean, because a few values of one series say little about it. Infinite for
 * growth without any spread.
 */
export function growthInErrors(series: readonly Values[]): number[] {
  let [squares, degrees] = [0, 0];
  for (const values of series) {
    for (const half of halved(values) ?? []) {
      const centre = mean(half);
      squares += sum(half.map((value) => (value / centre - 1) ** 2));
      degrees += half.length - 1;
    }
  }
  const spread = degrees === 0 ? 0 : Math.sqrt(squares / degrees);
  // Two means of n/2 values each.
  return series.map(
    (values) => Math.abs(growth(values)) / ((2 * spread) / Math.sqrt(2 * Math.floor(values.length / 2))),
  );
}

/** The values between which most of a half lies: a rank and a half beyond the middle, on both sides. */
function inside(half: Values): [low: number, high: number] {
  const ordered = sorted(half);
  const rank = Math.min(half.length, Math.ceil(half.length / 2 + 1.5));
  return [atRank(ordered, half.length + 1 - rank), atRank(ordered, rank)];
}
