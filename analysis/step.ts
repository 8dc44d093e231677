// Whether times take a step: whether the second half of a series lies apart from the first.
import { atRank, isNonEmpty, mean, sorted, sum, type Values } from "./values.ts";

/** Both halves of a series; of an odd number the middle value is in neither. Null where there is only one. */
function halved(values: Values): [Values, Values] | null {
  const length = Math.floor(values.length / 2);
  const [first, second] = [values.slice(0, length), values.slice(values.length - length)];
  return isNonEmpty(first) && isNonEmpty(second) ? [first, second] : null;
}

/** How much larger the mean of the second half is than that of the first, as a share of it; 0 for one value. */
export function growth(values: Values): number {
  const halves = halved(values);
  return halves === null ? 0 : mean(halves[1]) / mean(halves[0]) - 1;
}

/**
 * How far the halves lie apart, as a ratio: of the second half's fast values to the first half's slow ones, or the reverse
 * where it falls; 1 where they overlap. With up to three values in a half these are the extremes, with many they draw near to the
 * halves' medians, so that a step is found in any number of values.
 */
export function stepOf(values: Values): number {
  const halves = halved(values);
  if (halves === null) return 1;
  const [first, second] = halves.map(inside);
  if (first === undefined || second === undefined) return 1;
  return Math.max(1, second[0] / first[1], first[0] / second[1]);
}

/**
 * How far the growths of several series lie from chance, in standard errors: of each, by the spread that all have within their halves,
 * as a share of the half's mean. A few values of one series say little about their spread, those of all say more. Infinite for a
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

/** Between which values most of a half lies: a rank and a half beyond its middle at both ends. */
function inside(half: Values): [low: number, high: number] {
  const ordered = sorted(half);
  const rank = Math.min(half.length, Math.ceil(half.length / 2 + 1.5));
  return [atRank(ordered, half.length + 1 - rank), atRank(ordered, rank)];
}
