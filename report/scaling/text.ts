// A study in words: what was measured, which law describes it, and how long the user waits.
import { between, plural, ratio, seconds, smallShare } from "../../analysis/format.ts";
import { type CountSpeedup, countSpeedups } from "../../analysis/scaling/curve.ts";
import { lawName } from "../../analysis/scaling/laws.ts";
import type { Law, Scaling } from "../../analysis/scaling/study-records.ts";
import { countsOf, means } from "./series.ts";

/** About three sentences for the summary, the read-me and the page, and the study's remarks. */
export function scalingSentences(scaling: Scaling): string[] {
  const sentences = [
    measuredSentence(scaling),
    lawSentence(scaling),
    universalSentence(scaling),
    waitSentence(scaling),
  ];
  return [...sentences.filter((each) => each !== ""), ...scaling.remarks];
}

function measuredSentence(scaling: Scaling): string {
  const { kind, points } = scaling;
  const counts = countsOf(scaling);
  const blocks = new Set(points.map(({ block }) => block)).size;
  const work = kind === "weak" ? "The work of each worker stays the same." : "All workers divide the same work.";
  const asked = `The scaling study has ${blocks} ${plural(blocks, "block")} with ${countsText(counts)} ${plural(counts.at(-1) ?? 1, "worker")}. ${work}`;
  const shown = countSpeedups(kind, points, (point) => point.seconds);
  if (shown.length < 2) {
    const times = means(points, (point) => point.seconds);
    return `${asked} A round takes ${shortened(times.map(({ mean }) => seconds(mean)))}.`;
  }
  return `${asked} The throughput is ${listed(shown)} times that of one worker${ofTheMost(shown)}.`;
}

/** If there are more, the first ones and the last are enough. */
const mostListed = 8;
const shortened = (texts: readonly string[]) =>
  texts.length <= mostListed ? texts.join(", ") : `${texts.slice(0, 3).join(", ")}, … ${texts.at(-1)}`;
const listed = (shown: readonly CountSpeedup[]) => shortened(shown.map(({ speedup }) => ratio(speedup)));
const countsText = (counts: readonly number[]) => shortened(counts.map(String));

/** The interval of the largest count. All intervals would be too many figures to read. */
function ofTheMost(shown: readonly CountSpeedup[]): string {
  const { workers, interval } = shown.at(-1) ?? { workers: 1, interval: null };
  return interval === null ? "" : ` (95 % interval with ${workers} workers: ${between(interval, ratio)})`;
}

function lawSentence({ law, reason }: Scaling): string {
  if (law === null) return `No law is fitted. ${reason ?? "No reason is given."}`;
  const { coefficient, interval, limit, exchange } = law;
  const name = `${law.name === "Universal Scalability Law" ? "The " : ""}${law.name}${exchange === null ? "'s law" : ""}`;
  if (exchange !== null) {
    return `${name} describes the points, but Amdahl's law does not. A share α = ${coefficientWords(coefficient, interval)} waits, and each pair of workers costs β = ${coefficientWords(exchange.coefficient, exchange.interval)}.${peak(law)}`;
  }
  const found = `${name} describes the points with a serial fraction s = ${smallShare(coefficient)} (95 % interval ${between(interval, smallShare)}).`;
  if (interval[1] - interval[0] > tooWide)
    return `${found} This interval is too wide for a conclusion. Remove the cause of the scatter, or measure more blocks with pi-speedup:studyRepeats.`;
  if (interval[0] <= 0 && interval[1] >= 0)
    return `${found} These points cannot distinguish s from 0. With s = 0, each further worker adds its full throughput.`;
  // Below 0, a remark explains the meaning.
  if (limit?.of !== "speed-up" || limit.value === null) return found;
  const bounds =
    limit.interval === null
      ? ""
      : ` (${ratio(limit.interval[0])} – ${limit.interval[1] === null ? "∞" : ratio(limit.interval[1])})`;
  return `${found} Any number of workers is at most ${ratio(limit.value)} times as fast as one${bounds}.`;
}

/** Half of the range of a serial fraction. */
const tooWide = 0.5;

const coefficientWords = (value: number, interval: readonly [number, number]) =>
  `${smallShare(value)} (${between(interval, smallShare)})`;

/** The effect of the communication term on Amdahl's law, if it is certainly not zero. */
function universalSentence({ law, universal }: Scaling): string {
  const exchange = universal.law?.exchange ?? null;
  if (law?.name !== "Amdahl" || universal.law === null || exchange === null || exchange.interval[0] <= 0) return "";
  return `With a term for exchange, the ${universal.law.name} finds that each pair of workers costs β = ${coefficientWords(exchange.coefficient, exchange.interval)}.${peak(universal.law)} If so, Amdahl's law promises too much for many workers.`;
}

function peak({ limit }: Law): string {
  return limit?.of === "workers" && limit.value !== null
    ? ` More than about ${Math.round(limit.value)} workers do not help.`
    : "";
}

function waitSentence({ kind, points, reason, asUserWaits }: Scaling): string {
  const shown = countSpeedups(kind, points, ({ wait }) => wait);
  const { law } = asUserWaits;
  if (shown.length < 2) return "";
  const found = `The user also waits for Kubernetes. Including this overhead, the throughput is ${listed(shown)} times that of one worker${ofTheMost(shown)}.`;
  if (law !== null) return `${found} By ${lawName(law)}, s = ${coefficientWords(law.coefficient, law.interval)}.`;
  // If no law was fitted to the computing either, the reason was already given.
  return asUserWaits.reason === null || asUserWaits.reason === reason
    ? found
    : `${found} No law is fitted to this. ${asUserWaits.reason}`;
}
