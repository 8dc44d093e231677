// Whether what Docker has under a cluster's name is a stack's to use and to remove: by labels, never by the name alone. Pure.
import type { Fault } from "../../../analysis/fault-ids.js";
import { shortList } from "../../../analysis/format.ts";
import type { FolderState, Whereabouts } from "../../host/whereabouts.ts";
import type { DockerLabels } from "../../ownership.ts";
import { agentNodes, removalByHand, serverNode } from "./names.ts";

/** What a state knows of its cluster. */
export interface Claim {
  /** The cluster's name. */
  name: string;
  /** The Pulumi stack. */
  stack: string;
  /** Drawn once per state; undefined in a state of the former release. */
  identity?: string | undefined;
}

/** Something in Docker under a cluster's name. */
export interface Found {
  kind: "container" | "network" | "volume";
  id: string;
  name: string;
  /** Of a container, in Docker's words; of others empty. */
  state: string;
  labels: Labels;
}

/** Our labels on something; empty ones are not there. */
export type Labels = Required<DockerLabels>;

/** Whether the state holds the cluster. One that it does not hold can only be what a killed run of it has left. */
export type Occasion = "recorded" | "unrecorded";

/** From where somebody asks. */
export interface Surroundings {
  here: Whereabouts;
  look: (folder: string) => FolderState;
}

/**
 * Why this stack must leave the cluster alone, as a message in three parts; undefined where it is the stack's own, or not
 * there. Everything under its name must be its own: what has no label of ours, such as a container that k3d needs for a
 * moment, goes with what has.
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
  // A network or volume that nobody uses and nobody has labelled is what the former release has left.
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

/** "here": of this very folder; "moved": of a folder that is gone; else what is known of the folder. */
function placeOf(labels: Labels, here: Whereabouts, look: Surroundings["look"]): FolderState | "moved" {
  if (labels.place !== "" && labels.place === here.place) return "here";
  // The former release did not label these two.
  const isOurs = (value: string, ours: string) => value === "" || value === ours;
  // Another host's folders, and another user's, are not for us to judge.
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

/** Whether a cluster of the former release was made to its end: k3d starts the nodes once it has created all of them. */
function isComplete(cluster: string, containers: readonly Found[]): boolean {
  const names = containers.filter(({ state }) => state !== "created").map(({ name }) => name);
  const needed = [serverNode(cluster), ...agentNodes(cluster, 1)];
  return needed.every((node) => names.includes(node));
}

/** Whose a folder is, in words. */
function described({ folder, user, host }: Pick<Labels, "folder" | "user" | "host">): string {
  const who = user === "" ? "" : ` of user ${user}`;
  return `the checkout "${folder}"${who}${host === "" ? "" : ` on host "${host}"`}`;
}
