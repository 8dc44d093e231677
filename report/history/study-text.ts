// Studies of the history in words: the results of the latest, and its changes from the previous one.
import { between, plural, ratio, smallShare } from "../../analysis/format.ts";
import type { KeptStudy, StudyChange } from "./studies.ts";
import type { AgainstFormer, Studied } from "./study-groups.ts";

/** If there are many counts, the first and the last are enough. */
const mostCounts = 12;

/** Identifies the study: kind and worker counts. */
export function studyTitle({ kind, counts }: KeptStudy): string {
  const most = counts.at(-1) ?? 1;
  const which = counts.length > mostCounts ? `${counts.length} counts from ${counts[0]} to ${most}` : counts.join(", ");
  const work = kind === "weak" ? "the same work for each" : "the same work divided among them";
  return `Scaling study (${kind}) with ${which} ${plural(most, "worker")}, ${work}`;
}

/** How a study differs from the previous one, or why this is unknown. Whole sentences; `dateText` formats a time. */
export function changeSentences(
  { study }: Pick<Studied, "study">,
  against: AgainstFormer,
  dateText: (when: string) => string,
): string[] {
  if (against.former === null) return [against.why];
  const { former, comparison } = against;
  const { blocks, when } = former.study;
  return [
    `This study is compared with the study of ${dateText(when)} (${blocks.length} ${plural(blocks.length, "block")}), which has the same settings. All intervals together hold with 95 %.`,
    ...(study.doubtful === 0
      ? []
      : [
          `${study.doubtful} of this study's points ${study.doubtful === 1 ? "is" : "are"} doubtful. The disturbance may be the only difference.`,
        ]),
    ...comparison.changes.flatMap((change) => changeSentence(change, study)),
    ...comparison.obstacles,
  ];
}

function changeSentence(change: StudyChange, { counts }: KeptStudy): string[] {
  const { figure, before, now, verdict } = change;
  const most = counts.at(-1) ?? 1;
  const workers = `${most} ${plural(most, "worker")}`;
  if (figure === "bound") return boundSentence(change, most, workers);
  if (figure === "throughput") {
    // With one worker, there is nothing to compare.
    if (most === 1) return [];
    const found = `${workers} do ${ratio(now)} times the work of one. Before, it was ${ratio(before)}`;
    return [`${found}. ${verdictWords(verdict)} The ratio is ${ratio(change.change)}${intervalWords(change, ratio)}.`];
  }
  const found = `${names[figure]} is ${smallShare(now)}. Before, it was ${smallShare(before)}`;
  return [
    `${found}. ${verdictWords(verdict)} The difference is ${smallShare(change.change)}${intervalWords(change, smallShare)}.`,
  ];
}

function boundSentence({ before, now, verdict }: StudyChange, most: number, workers: string): string[] {
  const isAll = now >= most - 1e-9 && before >= most - 1e-9;
  if (isAll) return [];
  if (verdict === "same") return [`The cores allow ${workers} the work of ${ratio(now)}, as before.`];
  return [
    `The cores allow ${workers} the work of ${ratio(now)}. Before, it was ${ratio(before)}. The computers have other cores, or other limits.`,
  ];
}

const names = {
  s: "The serial fraction s",
  alpha: "The share that waits, α,",
  beta: "The cost of each pair's exchange, β,",
  waits: "Including the overhead of Kubernetes, the serial fraction s",
};

function verdictWords(verdict: StudyChange["verdict"]): string {
  if (verdict === "same") return "No change was detected.";
  return verdict === "can't tell" ? "It is unknown whether this is a change." : `It is ${verdict} by more than noise.`;
}

function intervalWords({ interval }: StudyChange, text: (value: number) => string): string {
  return interval === null ? ", without an interval" : ` (${between(interval, text)})`;
}
