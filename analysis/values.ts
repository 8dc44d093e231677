// Lists with at least one value, as a type, so that no formula has to ask for the median of nothing.

/** A list with a first item. */
export type NonEmpty<T> = readonly [T, ...T[]];
/** Numbers to be summarized in one: times of rounds, or medians of workers. */
export type Values = NonEmpty<number>;

declare const ascending: unique symbol;
/** A sample in ascending order. Only `sorted` creates one. */
export type SortedValues = Values & { readonly [ascending]: true };

/** Whether there is at least one value. */
export function isNonEmpty<T>(values: readonly T[]): values is NonEmpty<T> {
  return values.length > 0;
}

/** `map` that preserves the type. */
export function mapAll<T, U>([first, ...rest]: NonEmpty<T>, of: (value: T) => U): NonEmpty<U> {
  return [of(first), ...rest.map(of)];
}

/** The same values in ascending order. */
export function sorted(sample: Values): SortedValues {
  // Sorting preserves the length and the values, but `toSorted` is not typed that way.
  return sample.toSorted((a, b) => a - b) as unknown as SortedValues;
}

/** The value at a rank, counted from 1. A rank beyond either end gives that end. */
export function atRank(sample: SortedValues, rank: number): number {
  return sample[Math.min(Math.max(rank, 1), sample.length) - 1] ?? sample[0];
}

/** The middle value; for an even count, the mean of the two middle ones. */
export function median(sample: Values): number {
  const ordered = sorted(sample);
  return (
    (atRank(ordered, Math.floor((sample.length + 1) / 2)) + atRank(ordered, Math.floor(sample.length / 2) + 1)) / 2
  );
}

/** 0 for an empty list. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The arithmetic mean. */
export function mean(sample: Values): number {
  return sum(sample) / sample.length;
}

/** s²/n: the variance of the mean of at least two values. */
export function varianceOfMean(sample: Values): number {
  const centre = mean(sample);
  return sum(sample.map((value) => (value - centre) ** 2)) / (sample.length - 1) / sample.length;
}
