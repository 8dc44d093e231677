// Formats numbers and their units. Every figure that is shown anywhere comes from here.
import type { HalfOpenInterval, Interval } from "./intervals.ts";

/** At least three significant digits; a short form from millions on. */
export function seconds(value: number): string {
  if (value === 0) return "0 s";
  if (value < 0.1 || value >= 1e6) return `${value.toPrecision(3)} s`;
  return `${value.toFixed(value < 10 ? 3 : 1)} s`;
}

/** Seconds known to one second: one decimal, so that sums add up. */
export function coarse(value: number): string {
  return value < 1e6 ? `${value.toFixed(1)} s` : seconds(value);
}

/** Seconds measured by one clock: up to milliseconds. */
export function milli(value: number): string {
  return Math.abs(value) < 1000 ? `${value.toFixed(3)} s` : coarse(value);
}

/** Two decimals; a short form from hundreds of thousands on. */
export function ratio(value: number): string {
  return Math.abs(value) < 1e5 ? value.toFixed(2) : value.toPrecision(3);
}

/** A share of any size in whole percent; a short form from tens of thousands on. */
export function compactPercent(value: number): string {
  return Math.abs(value) < 100 ? wholePercent(value) : `${(100 * value).toPrecision(3)} %`;
}

/**
 * The possible error of a figure, as a share of it. Rounded up: a little more than 10 % is not 10 %, and a little more
 * than 0 is not 0.
 */
export function plusMinus(share: number): string {
  // Rounding errors of floating-point arithmetic do not add a tenth.
  const tenths = Math.ceil(1000 * share - 1e-9);
  const byTenths = (tenths > 0 && tenths < 10) || (tenths > 100 && tenths < 105);
  return `± ${byTenths ? `${(tenths / 10).toFixed(1)} %` : compactPercent(share)}`;
}

/**
 * A share that may be very small, such as a coefficient of a law: four decimals, or two significant digits if these
 * would all be zero.
 */
export function smallShare(value: number): string {
  return value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1e5) ? value.toFixed(4) : value.toPrecision(2);
}

/** A share in whole percent. */
export function wholePercent(value: number): string {
  return `${(100 * value).toFixed(0)} %`;
}

/** No decimals, with thousands separators. */
export function whole(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** At most two decimals, with thousands separators. */
export function decimal(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

/** Five significant digits, so that a figure near its limit is not shown as the limit itself. */
export function besideLimit(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** Both ends of an interval, next to a limit; "∞" if an end is unbounded. */
export function betweenBesideLimit([low, high]: HalfOpenInterval): string {
  return `${besideLimit(low)} – ${high === null ? "∞" : besideLimit(high)}`;
}

/** Seconds as people would say them, for times that are still to come. */
export function roughly(value: number): string {
  if (value < 1) return "less than a second";
  if (value < 120) return `about ${Math.round(value)} s`;
  return value < 7_200 ? `about ${Math.round(value / 60)} min` : `about ${Math.round(value / 3_600)} h`;
}

/** A dash for unknown or undefined values. */
export function orDash(value: number | null, text: (value: number) => string): string {
  return value === null ? "–" : text(value);
}

/** Both ends of an interval. */
export function between(interval: Interval | null, text: (value: number) => string): string {
  return interval === null ? "–" : `${text(interval[0])} – ${text(interval[1])}`;
}

/** Both ends of an interval, with the unit once. */
export function betweenSeconds(interval: Interval | null): string {
  return between(interval, seconds).replace(" s – ", " – ");
}

/** Both ends of an interval, with the unit once; "∞" if an end is unbounded. */
export function betweenOpenSeconds(interval: HalfOpenInterval | null): string {
  if (interval === null) return "–";
  const [low, high] = interval;
  return high === null ? `${seconds(low)} – ∞` : betweenSeconds([low, high]);
}

/** The noun in singular for exactly one, otherwise in plural. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return count === 1 ? noun : nouns;
}

/** The most names to list. More would bury the rest of the sentence. */
const mostNames = 4;

/** The first few names, and the number of the others. */
export function shortList(names: readonly string[]): string {
  const left = names.length - mostNames;
  return left > 0 ? `${names.slice(0, mostNames).join(", ")} and ${left} more` : names.join(", ");
}

/** A name at the beginning of a sentence. An article is capitalised; a machine's own name stays as it is. */
export function atStart(name: string): string {
  return name.replace(/^the /, "The ");
}
