// Values of which there is at least one, as a type: no formula behind it has to ask what the median of nothing is.

/** A list with a first item. */
export type NonEmpty<T> = readonly [T, ...T[]];
/** Numbers to be summed up by one: times of rounds, or medians of workers. */
export type Values = NonEmpty<number>;

declare const ascending: unique symbol;
/** A sample in ascending order; only `sorted` makes one. */
export type SortedValues = Values & { readonly [ascending]: true };

/** Whether there is at least one value. */
export function isNonEmpty<T>(values: readonly T[]): values is NonEmpty<T> {
  return values.length > 0;
}

/** `map` that keeps the knowledge that there is at least one value. */
export function mapAll<T, U>([first, ...rest]: NonEmpty<T>, of: (value: T) => U): NonEmpty<U> {
  return [of(first), ...rest.map(of)];
}

/** The same values in ascending order. */
export function sorted(sample: Values): SortedValues {
  // Sorting changes neither the length nor the values, which the type of `toSorted` does not say.
  return sample.toSorted((a, b) => a - b) as unknown as SortedValues;
}

/** The value at a rank counted from 1; a rank beyond either end gives that end. */
export function atRank(sample: SortedValues, rank: number): number {
  return sample[Math.min(Math.max(rank, 1), sample.length) - 1] ?? sample[0];
}

/** The middle value; of an even count the mean of the two middle ones. */
export function median(sample: Values): number {
  const ordered = sorted(sample);
  return (
    (atRank(ordered, Math.floor((sample.length + 1) / 2)) + atRank(ordered, Math.floor(sample.length / 2) + 1)) / 2
  );
}

/** 0 of none. */
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
