// A study in words: what was measured, what describes it, and what the user waits for.
import { between, plural, ratio, seconds } from "../../analysis/format.ts";
import type { Law, Scaling } from "../../analysis/scaling/study-records.ts";
import { countsOf, means, shownPoints } from "./series.ts";

/** Three sentences or so, for the summary, the read-me and the page. */
export function scalingSentences(scaling: Scaling): string[] {
  return [measuredSentence(scaling), lawSentence(scaling), waitSentence(scaling)].filter((each) => each !== "");
}

function measuredSentence(scaling: Scaling): string {
  const { kind, points } = scaling;
  const counts = countsOf(scaling);
  const blocks = new Set(points.map(({ block }) => block)).size;
  const work = kind === "weak" ? "the work of each worker stays the same" : "all divide the same work";
  const asked = `Scaling study with ${counts.join(", ")} ${plural(counts.at(-1) ?? 1, "worker")}, ${blocks} ${plural(blocks, "block")}, where ${work}`;
  const shown = means(shownPoints(scaling), ({ speedup }) => speedup);
  const times = means(points, (point) => point.seconds);
  if (shown.length < 2) return `${asked}: rounds of ${times.map(({ mean }) => seconds(mean)).join(", ")}.`;
  return `${asked}: ${shown.map(({ mean }) => ratio(mean)).join(", ")} times the throughput of one worker.`;
}

function lawSentence({ law, reason, universal }: Scaling): string {
  if (law === null) return `No law is fitted: ${reason ?? "there is no reason given."}`;
  const { exchange } = universal.law ?? { exchange: null };
  const beside =
    universal.law === null || exchange === null || exchange.interval[0] <= 0
      ? ""
      : ` The Universal Scalability Law finds that each pair of workers costs β = ${share(exchange.coefficient)} (${between(exchange.interval, share)})${peak(universal.law)}.`;
  return `${lawWords(law)}${beside}`;
}

const share = (value: number) => value.toFixed(4);

function lawWords(law: Law): string {
  const { name, coefficient, interval, limit } = law;
  const found = `${name}'s law describes it with a serial fraction s = ${share(coefficient)}, 95 % interval ${between(interval, share)}`;
  if (interval[0] <= 0 && interval[1] >= 0)
    return `${found}: these points can't tell it from 0, where each further worker brings its whole worth.`;
  if (interval[1] < 0)
    return `${found}: below 0, so more workers do better than in proportion. Look for what one worker alone was held back by.`;
  if (limit?.of !== "speed-up" || limit.value === null) return `${found}.`;
  const bounds =
    limit.interval === null
      ? ""
      : ` (${ratio(limit.interval[0])} – ${limit.interval[1] === null ? "∞" : ratio(limit.interval[1])})`;
  return `${found}: however many workers take part, they are at most ${ratio(limit.value)} times as fast as one${bounds}.`;
}

function peak({ limit }: Law): string {
  return limit?.of === "workers" && limit.value !== null
    ? `, so that about ${Math.round(limit.value)} workers are the most that help`
    : "";
}

function waitSentence(scaling: Scaling): string {
  const { asUserWaits } = scaling;
  const shown = means(shownPoints(scaling), ({ waitSpeedup }) => waitSpeedup);
  if (shown.length < 2) return "";
  const found = `As the user waits, Kubernetes' start included: ${shown.map(({ mean }) => ratio(mean)).join(", ")} times`;
  const { law } = asUserWaits;
  return law === null
    ? `${found}.`
    : `${found}, by ${law.name}'s law s = ${share(law.coefficient)} (${between(law.interval, share)}).`;
}
