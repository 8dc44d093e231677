// Checks whether the pods computed at the same time, and from the same image.
import { seconds, shortList, wholePercent } from "../format.ts";
import { isComparable } from "../image-digest.ts";
import type { PodTimes } from "../records.ts";
import { sum } from "../values.ts";
import { type Check, doubt, type Examined, explain, named } from "./finding.ts";

/** Share of the time of a pod's rounds that must lie in the common window. */
const leastTogether = 0.8;

/**
 * Doubtful if pods did not compute at the same time. On a first run, image pulls are the reason, and they happen only
 * once.
 */
export const together: Check = (run) => {
  const { concurrency } = run.metrics;
  if (concurrency === null || concurrency >= leastTogether) return [];
  const found =
    concurrency === 0
      ? "A pod has no round during which all the others computed too"
      : `A pod computed together with all the others for only ${wholePercent(concurrency)} of its time`;
  const remedy =
    pullsDiffer(run) ?? clockSet(run) ?? speedsDiffer(run) ?? "Increase pi-speedup:samples or pi-speedup:rounds.";
  return [doubt("pods not together", `${found}. So the throughput of all pods together was not measured. ${remedy}`)];
};

/**
 * Share by which a pod's rounds may appear shorter on its wall clock, from the start of the first to the end of the
 * last.
 */
const tolerableClock = 0.1;

/** A clock that was set back while the program ran, as its own timestamps show. */
function clockSet({ nodes }: Examined): string | undefined {
  const set = nodes.find(({ rounds }) => {
    const span = (rounds.at(-1)?.end ?? 0) - (rounds[0]?.start ?? 0);
    return span < (1 - tolerableClock) * sum(rounds.map(({ seconds }) => seconds));
  });
  return (
    set && `The clock of ${set.node} was set while the program ran. Set up time synchronisation, and measure again.`
  );
}

/** If one worker is so slow that all others finish before it, more rounds do not help. */
function speedsDiffer({ nodes }: Examined): string | undefined {
  // All rounds of each pod. Few may count, and those of late pods may have run on an emptier host.
  const times = nodes.map(({ seconds }) => seconds);
  const [slow, fast] = [Math.max(...times), Math.min(...times)];
  if (fast >= leastTogether * slow) return undefined;
  const slowest = nodes[times.indexOf(slow)]?.node ?? "The slowest worker";
  return `${slowest} is so slow that others finish long before it. More rounds do not change that. Leave slow workers out (pi-speedup:workers).`;
}

/** Seconds. Pulls that differ by less do not keep pods apart. */
const samePull = 1;

function pullsDiffer({ nodes, timeline }: Examined): string | undefined {
  const pulls = nodes.flatMap(({ node, index }) => {
    const pull = podOf(timeline?.pods, index)?.pull ?? null;
    return pull === null ? [] : [{ node, pull }];
  });
  const [longest, ...others] = pulls.toSorted((a, b) => b.pull - a.pull || a.node.localeCompare(b.node));
  const shortest = others.at(-1);
  if (longest === undefined || shortest === undefined || longest.pull - shortest.pull < samePull) return undefined;
  return `The image pull took ${seconds(longest.pull)} on ${longest.node} and ${seconds(shortest.pull)} on ${shortest.node}. The nodes have the image now, so measure again.`;
}

/** Explains what is missing if no event reported how long the image pull took. */
export const pullUnknown: Check = ({ nodes, timeline, metrics }) => {
  if (metrics.overhead !== null || timeline === null) return [];
  const unknown = nodes.filter(({ index }) => podOf(timeline.pods, index)?.pull === null).map(({ node }) => node);
  if (unknown.length === 0) return [];
  const text = `The time of the image pull is unknown on ${shortList(unknown)}. So the overhead and all figures derived from it are unknown. The nodes have the image now, so measure again.`;
  return [explain("image pull unknown", text)];
};

const podOf = (pods: readonly PodTimes[] | undefined, index: number) => pods?.find((pod) => pod.index === index);

/** Doubtful if records come from different versions of the image. */
export const differentImages: Check = ({ nodes, baseline }) => {
  const users = Map.groupBy(
    named(nodes, baseline).filter(({ digest }) => isComparable(digest)),
    ({ digest }) => digest,
  );
  if (users.size < 2) return [];
  const who = [...users].map(([digest, all]) => `${short(digest ?? "")} on ${shortList(all.map(({ name }) => name))}`);
  const text = `The image's name stands for different contents (${who.join("; ")}). Set pi-speedup:image to its digest, or remove the old image there.`;
  return [doubt("different images", text)];
};

/** Enough characters to tell digests apart. */
function short(digest: string): string {
  return digest.replace(/^.*@/, "").replace(/^(sha256:)?(.{12}).*$/, "$2");
}
