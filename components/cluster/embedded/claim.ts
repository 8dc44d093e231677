// Decides whether a stack may use and remove what Docker has under a cluster's name: by labels, never by the name
// alone. Pure.
import type { Fault } from "../../../analysis/fault-ids.js";
import { shortList } from "../../../analysis/format.ts";
import type { FolderState, Whereabouts } from "../../host/whereabouts.ts";
import type { DockerLabels } from "../../ownership.ts";
import { agentNodes, removalByHand, serverNode } from "./names.ts";

/** What a state contains about its cluster. */
export interface Claim {
  /** The cluster's name. */
  name: string;
  /** The Pulumi stack. */
  stack: string;
  /** Random, one per state; undefined in a state of the previous release. */
  identity?: string | undefined;
}

/** A Docker object with a cluster's name. */
export interface Found {
  kind: "container" | "network" | "volume";
  id: string;
  name: string;
  /** For a container, as Docker reports it; empty for others. */
  state: string;
  labels: Labels;
}

/** Our labels on it; empty if missing. */
export type Labels = Required<DockerLabels>;

/** Whether the state contains the cluster. Otherwise, it can only be the remains of a killed run. */
export type Occasion = "recorded" | "unrecorded";

/** Who is asking. */
export interface Surroundings {
  here: Whereabouts;
  look: (folder: string) => FolderState;
}

/**
 * Why this stack must not touch the cluster, as a message in three parts; undefined if the cluster is its own or does
 * not exist. Everything with its name must be its own. Unlabelled objects, such as a temporary container of k3d, belong
 * to the labelled ones.
 */
export function refusal(
  found: readonly Found[],
  claim: Claim,
  occasion: Occasion,
  { here, look }: Surroundings,
): Fault | undefined {
  const labelled = found.filter(({ labels }) => labels.folder !== "");
  const containers = found.filter(({ kind }) => kind === "container");
  const byHand = `\`${removalByHand(claim.name)}\``;
  const left = `Cluster "${claim.name}" was left untouched`;
  // An unused network or volume without labels is left over from the previous release.
  if (labelled.length === 0 && containers.length > 0) {
    return {
      id: "cluster-unlabelled",
      text: `${left}: its containers (${shortList(containers.map(({ name }) => name))}) do not have the labels of pi-speedup, so somebody else has made it. If nobody needs it, remove it with ${byHand} and run this again.`,
    };
  }
  for (const { labels } of labelled) {
    const place = placeOf(labels, here, look);
    if (place === "there" || place === "unknown") {
      const why = place === "there" ? "which is still there" : "which cannot be seen from here";
      return {
        id: "cluster-elsewhere",
        text: `${left}: it belongs to ${described(labels)}, ${why}. This is ${described(here)}. Run \`npm run down\` there or, if nobody needs it, remove it with ${byHand}. Then run this again.`,
      };
    }
    if (!isKnown(labels, claim, occasion, containers)) {
      return {
        id: "cluster-of-another-state",
        text: `${left}: it was created from ${described(labels)} for stack "${labels.stack}", and the state of stack "${claim.stack}" does not know it. It belongs to another login or organization or to a renamed stack, or its state is lost. Use the state that knows it, or remove it with ${byHand}. Then run this again.`,
      };
    }
  }
  return undefined;
}

/** "here": this very folder; "moved": a folder that is gone; otherwise what is known about the folder. */
function placeOf(labels: Labels, here: Whereabouts, look: Surroundings["look"]): FolderState | "moved" {
  if (labels.place !== "" && labels.place === here.place) return "here";
  // The previous release did not set these two labels.
  const isOurs = (value: string, ours: string) => value === "" || value === ours;
  // We can't judge folders of other hosts or users.
  if (!isOurs(labels.host, here.host) || !isOurs(labels.user, here.user)) return "unknown";
  if (labels.folder === here.folder) return "here";
  const folder = look(labels.folder);
  return folder === "gone" ? "moved" : folder;
}

function isKnown(labels: Labels, claim: Claim, occasion: Occasion, containers: readonly Found[]): boolean {
  if (labels.identity !== "") return labels.identity === claim.identity;
  if (labels.stack !== claim.stack) return false;
  return occasion === "recorded" || !isComplete(claim.name, containers);
}

/**
 * Whether a cluster of the previous release was created completely: k3d starts the nodes after it has created all of
 * them.
 */
function isComplete(cluster: string, containers: readonly Found[]): boolean {
  const names = containers.filter(({ state }) => state !== "created").map(({ name }) => name);
  const needed = [serverNode(cluster), ...agentNodes(cluster, 1)];
  return needed.every((node) => names.includes(node));
}

/** The owner of a folder, in words. */
function described({ folder, user, host }: Pick<Labels, "folder" | "user" | "host">): string {
  const who = user === "" ? "" : ` of user ${user}`;
  return `the checkout "${folder}"${who}${host === "" ? "" : ` on host "${host}"`}`;
}
