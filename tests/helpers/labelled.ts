// Docker's output for objects with our labels, for tests with a fake Docker.
import { agentNodes, imageVolumeOf, networkOf, serverNode } from "../../components/cluster/embedded/names.ts";
import type { Labelled } from "../../components/host/labelled.ts";
import { whereabouts } from "../../components/host/whereabouts.ts";
import type { DockerLabels } from "../../components/ownership.ts";
import type { Rule } from "./fake-programs.ts";

const noLabels = { stack: "", folder: "", place: "", host: "", user: "", identity: "", digest: "" };

/** Labels as this checkout gives them for a stack. */
export function labelsHere(stack: string, identity: string): Required<DockerLabels> {
  return { ...noLabels, ...whereabouts(), stack, identity };
}

/** Labels as the previous release set them. */
export function formerLabels(stack: string, folder: string = process.cwd()): Required<DockerLabels> {
  return { ...noLabels, stack, folder };
}

/** One thing, without labels by default. Its id differs from its name. */
export function thing(kind: Labelled["kind"], name: string, more: Partial<Labelled> = {}): Labelled {
  const id = kind === "volume" ? name : `id-of-${name}`;
  return { kind, id, name, state: kind === "container" ? "running" : "", image: "", labels: noLabels, ...more };
}

/** A whole cluster with one agent, its network and its volume. */
export function wholeCluster(name: string, labels: Required<DockerLabels>): Labelled[] {
  return [
    ...[serverNode(name), ...agentNodes(name, 1)].map((node) => thing("container", node, { labels })),
    thing("network", networkOf(name), { labels }),
    thing("volume", imageVolumeOf(name), { labels }),
  ];
}

/** Rules by which a fake Docker lists these things. */
export function listing(things: readonly Labelled[]): Rule[] {
  const lines = (kind: Labelled["kind"]) => ({
    stdout: things
      .filter((each) => each.kind === kind)
      .map(({ kind: _, ...line }) => `${JSON.stringify(line)}\n`)
      .join(""),
  });
  return [
    [/^ps /, lines("container")],
    [/^network ls /, lines("network")],
    [/^volume ls /, lines("volume")],
  ];
}
