// Whether the pods computed at the same time, from the same image.

import { seconds, shortList, wholePercent } from "../format.ts";
import { isComparable } from "../image-digest.ts";
import type { PodTimes } from "../records.ts";
import { type Check, doubt, type Examined, explain, named } from "./finding.ts";

/** Share of a pod's rounds' time that must lie in the common window. */
const leastTogether = 0.8;

/** Doubts pods that did not compute at the same time; on a first run the image's pulls are the reason, and they happen once. */
export const together: Check = (run) => {
  const { concurrency } = run.metrics;
  if (concurrency === null || concurrency >= leastTogether) return [];
  const found = `A pod computed together with all the others for only ${wholePercent(concurrency)} of its time, so what they do together was not measured`;
  const remedy = pullsDiffer(run) ?? "raise pi-speedup:samples or pi-speedup:rounds";
  return [doubt("pods not together", `${found}: ${remedy}.`)];
};

/** Seconds; pulls that differ by less don't keep pods apart. */
const samePull = 1;

function pullsDiffer({ nodes, timeline }: Examined): string | undefined {
  const pulls = nodes.flatMap(({ node, index }) => {
    const pull = podOf(timeline?.pods, index)?.pull ?? null;
    return pull === null ? [] : [{ node, pull }];
  });
  const [longest, ...others] = pulls.toSorted((a, b) => b.pull - a.pull || a.node.localeCompare(b.node));
  const shortest = others.at(-1);
  if (longest === undefined || shortest === undefined || longest.pull - shortest.pull < samePull) return undefined;
  return `the image's pull took ${seconds(longest.pull)} on ${longest.node} and ${seconds(shortest.pull)} on ${shortest.node}; measure again, the image is there now`;
}

/** Explains what is missing where no event told how long an image's pull took. */
export const pullUnknown: Check = ({ nodes, timeline, metrics }) => {
  if (metrics.overhead !== null || timeline === null) return [];
  const unknown = nodes.filter(({ index }) => podOf(timeline.pods, index)?.pull === null).map(({ node }) => node);
  if (unknown.length === 0) return [];
  const text = `How long the image's pull took is not known on ${shortList(unknown)}, so neither are the overhead and what is made of it: measure again, the image is there now.`;
  return [explain("image pull unknown", text)];
};

const podOf = (pods: readonly PodTimes[] | undefined, index: number) => pods?.find((pod) => pod.index === index);

/** Doubts records that were not made by the same content of the image. */
export const differentImages: Check = ({ nodes, baseline }) => {
  const users = Map.groupBy(
    named(nodes, baseline).filter(({ digest }) => isComparable(digest)),
    ({ digest }) => digest,
  );
  if (users.size < 2) return [];
  const who = [...users].map(([digest, all]) => `${short(digest ?? "")} on ${shortList(all.map(({ name }) => name))}`);
  const text = `The image's name stands for different contents (${who.join("; ")}): name it by its digest in pi-speedup:image, or remove the old one there.`;
  return [doubt("different images", text)];
};

/** Enough of a digest to tell it from others. */
function short(digest: string): string {
  return digest.replace(/^.*@/, "").replace(/^(sha256:)?(.{12}).*$/, "$2");
}
