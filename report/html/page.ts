// The report: one self-contained HTML page, generated from a stack's outputs.
import { readFileSync } from "node:fs";
import { type Assessment, assess } from "../../analysis/assessment.ts";
import type { Finding } from "../../analysis/checks/finding.ts";
import { between, betweenOpenSeconds, orDash, plural, ratio, seconds, whole } from "../../analysis/format.ts";
import { type Metrics, metricTable } from "../../analysis/metrics.ts";
import { isMeasured, type Run, type SingleMachine } from "../../analysis/records.ts";
import type { Scaling } from "../../analysis/scaling/study-records.ts";
import { timedRun } from "../../analysis/timed-run.ts";
import { type Figure, honestFigures, tutorialFigures } from "../figures.ts";
import { type AnyEntry, type Entry, entryOf } from "../history/entries.ts";
import { againstFormer, studyGroups } from "../history/study-groups.ts";
import { changeSentences } from "../history/study-text.ts";
import type { Measurement } from "../outputs.ts";
import { questionsOf, tutorialRemark } from "../questions.ts";
import { requirementHeads, requirementRows } from "../requirements.ts";
import { scalingSentences } from "../scaling/text.ts";
import { singleMachineName, singleSubject } from "../single-machine.ts";
import { sizeHeads, sizeRows } from "../sizes.ts";
import { outcomeOf, verdict } from "../verdict.ts";
import { breakEvenChart } from "./charts/break-even.ts";
import { chartHtml } from "./charts/chart.ts";
import { curveChart } from "./charts/curve.ts";
import { scalingChart, scalingTimesChart } from "./charts/scaling.ts";
import { speedUpChart } from "./charts/speed-up.ts";
import { timelineChart } from "./charts/timeline.ts";
import { timesChart } from "./charts/times.ts";
import { type Cell, embeddedJson, formulaHtml, Html, html, proseHtml, type Table, tableHtml } from "./template.ts";

/** The input of the page. */
export interface PageArgs {
  /** Name of the stack. */
  stack: string;
  measurement: Measurement;
  /** Programs that were used, and their versions. */
  tools: Readonly<Record<string, string>>;
  /** Earlier runs, for the comparison of studies; null if they can't be read. */
  earlier: readonly AnyEntry[] | null;
}

const style = readFileSync(new URL("style.css", import.meta.url), "utf8");
/** Forbids loading or running anything, in case a name contains markup. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The page's text. */
export function reportPage({ stack, measurement, tools, earlier }: PageArgs): string {
  const { timeline, workload } = measurement;
  const assessment = assess(measurement, measurement.baseline);
  const { nodes, baseline, metrics, notes, judgement } = assessment;
  const [first = "", ...others] = verdict(assessment);
  const measured = new Date(1000 * Math.max(...nodes.map(({ ended }) => ended)));
  const breakEven = breakEvenChart(assessment);
  const sizes = sizeRows(assessment);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${headline(assessment)}: π on ${metrics.workers} ${plural(metrics.workers, "worker")}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<header>
<p class="eyebrow">π by throwing points · stack ${stack} · <time datetime="${measured.toISOString()}">${dateText(measured)}</time></p>
<h1>${headline(assessment)}</h1>
<p class="lead">${proseHtml(first)}</p>
${others.slice(0, -1).map((sentence) => html`<p>${proseHtml(sentence)}</p>`)}
<p class="judgement ${!judgement.valid ? "doubtful" : judgement.precise ? "good" : "short"}">${proseHtml(others.at(-1) ?? "")}</p>
</header>
<main>
${cards(assessment)}
${notes.length === 0 ? null : notesHtml(notes)}
${
  measurement.requirements.length === 0
    ? null
    : html`<section>
<h2>Conditions</h2>
${tableHtml({ caption: "Conditions of the run", heads: requirementHeads, rows: requirementRows(measurement.requirements) })}
</section>`
}
${chartHtml(timesChart(assessment))}
${chartHtml(timelineChart(assessment))}
<div class="beside">
${chartHtml(speedUpChart(assessment))}
${tutorialAside(metrics)}
</div>
${questionsHtml(assessment)}
${chartHtml(curveChart(assessment))}
${scalingHtml(measurement.scaling, assessment, earlier && changesOf(entryOf(measurement, stack, tools), earlier))}
${
  breakEven === null
    ? html`<section><h2>Job size from which the cluster is faster</h2><p>It is unknown, because an overhead is unknown.</p></section>`
    : chartHtml(breakEven)
}
${
  sizes.length === 0
    ? null
    : html`<section>
<h2>Jobs of other sizes</h2>
<p>The time of jobs of several sizes, including the overhead of both sides, and the end-to-end speed-up of the cluster.</p>
${tableHtml({ caption: "Jobs of several sizes", heads: ["Size", ...sizeHeads.slice(1)], rows: sizes })}
</section>`
}
<section>
<h2>All figures</h2>
<p>${formulaHtml("N is the number of workers. T_i is the mean of worker i's rounds that count, T_P the mean of all T_i, and T_max the longest T_i. T_S is the mean of the single machine's rounds. O_i is the overhead of pod i, and O_S that of the single machine.")}</p>
<div class="halves">
${tableHtml(figuresTable("The cluster's speed-up", honestFigures(assessment)))}
${tableHtml(figuresTable("The same times as the tutorial computes them", tutorialFigures(metrics)))}
</div>
</section>
<section>
<h2>To repeat it</h2>
<div class="halves">
${tableHtml({
  caption: "Settings",
  heads: ["Setting", "Value"],
  rows: [
    ["image", workload.image],
    ["its digest", html`<code>${(isMeasured(baseline) ? baseline.digest : null) ?? "not known"}</code>`],
    ["samples per worker and round", whole(workload.samples)],
    [
      "rounds",
      workload.rounds === 1
        ? "1 timed, nothing around it"
        : `${workload.rounds} timed, between a warm-up and a cool-down; of the single machine half before the Job and half after it`,
    ],
    ["processes", String(workload.processes)],
    ["seed", workload.seed === "" ? "drawn by every run" : workload.seed],
    ["program", html`<code>${workload.program}</code>`],
    ["single machine", baseline.mode],
    ["workers", String(metrics.workers)],
  ],
})}
${tableHtml({ caption: "Tools", heads: ["Tool", "Version"], rows: Object.entries(tools) })}
</div>
${tableHtml({
  caption: "Machines and streams",
  heads: ["Machine", "CPU", "Cores", "Processes", "Governor", "Kernel", "Python", "Seed"],
  rows: [
    ...nodes.map((node) => [node.node, ...machineCells(node)]),
    isMeasured(baseline)
      ? [singleMachineName(baseline), ...machineCells(baseline)]
      : [singleMachineName(baseline), `${seconds(baseline.seconds)}, given`, ...Array<string>(6).fill("–")],
  ],
})}
<p>The records themselves, every round of every worker, are in this page as JSON: the text of its element <code>#records</code>. So are they in <code>npm run --silent output -- --json</code>.</p>
</section>
</main>
<script type="application/json" id="records">${embeddedJson({ nodes, baseline, timeline, metrics, scaling: measurement.scaling, workload, tools })}</script>
</body>
</html>
`.text;
}

/** Claims no more than the interval does, and mentions any doubt. */
function headline({ metrics, baseline, judgement }: Assessment): string {
  const { workers, throughputSpeedup } = metrics;
  const who = workers === 1 ? "One worker is" : `${workers} workers together are`;
  const about = outcomeOf(metrics) === "undecided" ? "about " : "";
  const claim = `${who} ${about}${ratio(throughputSpeedup)} times as fast as ${singleSubject(baseline)}`;
  return judgement.valid ? claim : `Doubtful: ${claim}`;
}

/** How the run's study differs from the previous one, in whole sentences; empty if there is no study. */
function changesOf(own: Entry, earlier: readonly AnyEntry[]): string[] {
  for (const group of studyGroups([...earlier, own])) {
    const studied = group.find(({ study }) => study.id === own.study?.id);
    if (studied !== undefined)
      return changeSentences(studied, againstFormer(group, studied), (when) => dateText(new Date(when)));
  }
  return [];
}

/** The scaling study; nothing if there is none. `changes` is null if the earlier ones are unknown. */
function scalingHtml(
  scaling: Scaling | null,
  { nodes, baseline, timeline }: Assessment,
  changes: readonly string[] | null,
): Html | null {
  if (scaling === null) return null;
  const chart = scalingChart(scaling, timedRun(nodes, baseline, timeline).times);
  return html`<section id="study">
<h2>Scaling study</h2>
${scalingSentences(scaling).map((sentence) => html`<p>${proseHtml(sentence)}</p>`)}
<h3>Compared with the previous study</h3>
${(changes ?? ["The earlier runs cannot be read, so this study is not compared."]).map((sentence) => html`<p>${proseHtml(sentence)}</p>`)}
</section>
${chart === null ? null : chartHtml(chart)}
${chartHtml(scalingTimesChart(scaling))}`;
}

/** UTC, because a page may be viewed in another place. */
const dateText = (date: Date) => `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;

function cards({ metrics, baseline }: Assessment): Html {
  const { workers, throughputSpeedupCI95, endToEndSpeedup, endToEndSpeedupCI95, linearRatio } = metrics;
  const card = (kind: string, name: string, value: string, text: string) =>
    html`<div class="card ${kind}"><dt>${name}</dt><dd><strong>${value}</strong><span>${text}</span></dd></div>`;
  const interval = (text: string) => (text === "–" ? "without interval" : `95 %: ${text}`);
  return html`<dl class="cards">
${card("main", "Throughput speed-up", ratio(metrics.throughputSpeedup), `${interval(between(throughputSpeedupCI95, ratio))}; ideal ${workers}`)}
${card("", "End to end", orDash(endToEndSpeedup, ratio), `${interval(between(endToEndSpeedupCI95, ratio))}; one round, including the overhead of both sides`)}
${card("", "Break-even", orDash(metrics.breakEvenSeconds, seconds), breakEvenText(metrics, baseline))}
${card("tutorial", "The tutorial's ratio", `${ratio(linearRatio)}×`, "a ratio of times, not a speed-up")}
</dl>`;
}

function breakEvenText(metrics: Metrics, baseline: SingleMachine): string {
  const { breakEvenSeconds, breakEvenCI95, overhead, workers } = metrics;
  const interval = `95 %: ${betweenOpenSeconds(breakEvenCI95)}`;
  if (breakEvenSeconds !== null)
    return `${interval}; on ${singleSubject(baseline)}; the cluster is faster for longer jobs`;
  const outcome = outcomeOf(metrics);
  if (outcome === "slower") return `none${workers === 1 ? "" : " with equal parts"}: the cluster never catches up`;
  if (overhead === null) return "the overhead is unknown";
  return breakEvenCI95 === null ? "undecided" : `undecided; ${interval}`;
}

/** A table for teachers: which question each speed-up answers. */
function questionsHtml({ metrics }: Assessment): Html {
  return html`<section>
<h2>Amdahl or Gustafson?</h2>
<p>${formulaHtml(tutorialRemark(metrics))}</p>
${tableHtml({
  caption: "The question that each speed-up answers",
  heads: ["Question", "Whose", "Formula", "Speed-up", "95 % interval"],
  rows: questionsOf(metrics).map(({ question, whose, formula, value, interval }) => [
    question,
    whose,
    formulaHtml(formula),
    value,
    interval || "–",
  ]),
})}
</section>`;
}

function notesHtml(notes: readonly Finding[]): Html {
  return html`<section>
<h2>Notes on this run</h2>
<ul class="notes">${notes.map(
    ({ doubtful, text, id }) => html`
<li class="${doubtful ? "doubtful" : "explains"}">${doubtful ? html`<strong>Doubtful: </strong>` : null}${proseHtml(text)}${id === undefined ? null : html` <small>[${id}]</small>`}</li>`,
  )}
</ul>
</section>`;
}

/** Why a large ratio is not a speed-up, shown with other workers. */
function tutorialAside(metrics: Metrics): Html {
  const { workers, linearRatio, throughputSpeedup, combinedTime, tSingle } = metrics;
  const what: [who: string, factor: number][] = [
    ["as measured", 1],
    ["twice as slow", 2],
    ["ten times as slow", 10],
  ];
  return html`<aside aria-labelledby="tutorial">
<h2 id="tutorial">Why ${ratio(linearRatio)}× is not a speed-up</h2>
<p>The tutorial adds up the workers' times and divides by the single machine's: ${formulaHtml(metricTable.linearRatio.formula)} = ${seconds(combinedTime)} / ${seconds(tSingle)} = ${ratio(linearRatio)}. This ratio contains time, but not work. ${workers} ${plural(workers, "worker")} as fast as the single machine ${workers === 1 ? "gives" : "give"} ${workers}, and slower workers give <em>more</em>.</p>
${tableHtml({
  caption: "If every worker were slower",
  heads: ["Workers", "Tutorial's ratio", "Throughput speed-up"],
  rows: what.map(([who, factor]) => [who, `${ratio(linearRatio * factor)}×`, ratio(throughputSpeedup / factor)]),
})}
<p>Trust the throughput speed-up ${formulaHtml(metricTable.throughputSpeedup.formula)} instead. It compares the work of all workers in the time of the slowest.</p>
</aside>`;
}

function figuresTable(caption: string, figures: readonly Figure[]): Table {
  const bounded = figures.some(({ interval }) => interval !== "");
  return {
    caption,
    heads: ["Figure", "Value", ...(bounded ? ["95 % interval"] : [])],
    rows: figures.map(({ name, formula, value, interval, meaning }) => [
      html`<span class="figure">${name} <i>${formulaHtml(formula)}</i><small>${formulaHtml(meaning)}</small></span>`,
      value,
      ...(bounded ? [html`<span class="interval">${interval}</span>`] : []),
    ]),
  };
}

function machineCells({ machine, cores, processes, python, seed }: Run): Cell[] {
  const { board, cpu, architecture, kernel, governor } = machine;
  return [
    `${board === null ? cpu : `${board}, ${cpu}`} (${architecture})`,
    String(cores),
    String(processes),
    governor ?? "not told",
    kernel,
    python,
    html`<code>${seed}</code>`,
  ];
}
