// Jobs of several sizes, as text.
import type { Assessment } from "../analysis/assessment.ts";
import { between, ratio, seconds, whole } from "../analysis/format.ts";
import { jobSizes } from "../analysis/job-sizes.ts";
import { timedRun } from "../analysis/timed-run.ts";

/** The columns of the table. */
export const sizeHeads = ["a job of", "single machine", "the cluster", "end to end", "95 % interval"] as const;

/** One row for each size, all of it text; empty if an overhead is unknown. */
export function sizeRows({
  nodes,
  baseline,
  timeline,
}: Pick<Assessment, "nodes" | "baseline" | "timeline">): string[][] {
  const sizes = jobSizes(timedRun(nodes, baseline, timeline)) ?? [];
  return sizes.map(({ samples, single, cluster, speedup, interval }) => [
    `${whole(samples)} samples`,
    seconds(single),
    seconds(cluster),
    ratio(speedup),
    between(interval, ratio),
  ]);
}
