// Which studies can be compared: those with the same settings and without points in common.
import { type AnyEntry, type Entry, isFormer } from "./entries.ts";
import { compareStudies, type KeptStudy, type StudyComparison, shareBlocks } from "./studies.ts";

/** The entry of a run whose study is compared. */
export interface Studied {
  entry: Entry;
  study: KeptStudy;
}

/**
 * Studies with the same settings, oldest first. Groups are in the order of their latest studies. The single machine
 * plays no role in a study.
 */
export function studyGroups(entries: readonly AnyEntry[]): Studied[][] {
  const studies = new Map<string, Studied>();
  for (const entry of entries) {
    if (!isFormer(entry) && entry.study !== null) studies.set(entry.study.id, { entry, study: entry.study });
  }
  const groups = new Map<string, Studied[]>();
  for (const each of [...studies.values()].sort((a, b) => (a.study.when < b.study.when ? -1 : 1))) {
    const { baseline: _, host: __, ...settings } = each.entry.settings;
    const { kind, counts, nodes } = each.study;
    const key = JSON.stringify([Object.entries(settings).sort(), kind, counts, nodes]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].sort((a, b) => ((a.at(-1)?.study.when ?? "") < (b.at(-1)?.study.when ?? "") ? -1 : 1));
}

/**
 * A study compared with the last earlier one that is sound and has no points in common with it, or why there is none.
 */
export type AgainstFormer = { former: Studied; comparison: StudyComparison } | { former: null; why: string };

/** @param group studies with the same settings, oldest first, including this one. */
export function againstFormer(group: readonly Studied[], { study }: Studied): AgainstFormer {
  const others = group.filter((each) => each.study.when <= study.when && !shareBlocks(each.study, study));
  const former = others.findLast((each) => each.study.doubtful === 0);
  if (former !== undefined) return { former, comparison: compareStudies(former.study, study) };
  return {
    former: null,
    why:
      others.length === 0
        ? "There is no earlier study with the same settings to compare with."
        : "This study cannot be compared, because every earlier study with the same settings has doubtful points.",
  };
}
