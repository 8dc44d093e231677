// What Docker holds, with our labels on it.
import * as v from "valibot";
import { Failure } from "../failure.js";
import { type DockerLabels, dockerLabel } from "../ownership.ts";
import { dockerSilent, dockerPatience as patience } from "./docker.ts";
import { lastLine, runTool } from "./run-tool.ts";
import { parseToolAnswer } from "./tool-answer.ts";

/** Something in Docker. */
export interface Labelled {
  kind: "container" | "network" | "volume";
  /** Of a volume its name, which is all it has. */
  id: string;
  name: string;
  /** Of a container, in Docker's words; of others empty. */
  state: string;
  /** Name of a container's image; of others empty. */
  image: string;
  /** Our labels; empty ones are not there. */
  labels: Required<DockerLabels>;
}

/** Docker does not answer, or has refused. */
export class DockerFailed extends Failure {
  /** Docker's own. */
  readonly words: string;
  constructor(words: string) {
    super(dockerSilent(words));
    this.words = words;
  }
}

const keys = Object.keys(dockerLabel) as (keyof typeof dockerLabel)[]; // its own keys
const labelsSchema = v.object({
  stack: v.string(),
  folder: v.string(),
  place: v.string(),
  host: v.string(),
  user: v.string(),
  identity: v.string(),
  digest: v.string(),
} satisfies Record<keyof typeof dockerLabel, unknown>);
const lineSchema = v.object({
  id: v.string(),
  name: v.string(),
  state: v.string(),
  image: v.string(),
  labels: labelsSchema,
});

const listings = {
  container: { args: ["ps", "--all", "--no-trunc"], id: ".ID", name: ".Names", state: ".State", image: ".Image" },
  network: { args: ["network", "ls", "--no-trunc"], id: ".ID", name: ".Name", state: '""', image: '""' },
  volume: { args: ["volume", "ls"], id: ".Name", name: ".Name", state: '""', image: '""' },
} as const;

/**
 * Lists what passes a filter of Docker's, such as `label=k3d.cluster=NAME`.
 * @throws DockerFailed
 */
export async function listLabelled(kind: Labelled["kind"], filter: string): Promise<Labelled[]> {
  const { args, id, name, state, image } = listings[kind];
  // Not `{{json .}}`, which joins all labels by commas, and a folder's name may hold one.
  const labels = keys.map((key) => `"${key}":{{json (.Label "${dockerLabel[key]}")}}`).join(",");
  const format = `{"id":{{json ${id}}},"name":{{json ${name}}},"state":{{json ${state}}},"image":{{json ${image}}},"labels":{${labels}}}`;
  const { code, stdout, stderr } = await runTool("docker", [...args, "--filter", filter, "--format", format], {
    seconds: patience.answer,
  });
  if (code !== 0) throw new DockerFailed(lastLine(stderr));
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => ({ kind, ...parseToolAnswer(lineSchema, `docker ${args.join(" ")}`, line) }));
}

/** Removes such things, running containers with their nameless volumes too. @throws DockerFailed */
export async function removeLabelled(things: readonly Labelled[]): Promise<void> {
  for (const [kind, args] of removals) {
    const ids = things.filter((each) => each.kind === kind).map(({ id }) => id);
    if (ids.length === 0) continue;
    // Nodes take their grace until they are gone.
    const { code, stderr } = await runTool("docker", [...args, ...ids], { seconds: patience.change });
    if (code !== 0) throw new DockerFailed(lastLine(stderr));
  }
}

/** A network or volume goes after the containers that use it. */
const removals = [
  ["container", ["rm", "--force", "--volumes"]],
  ["network", ["network", "rm"]],
  ["volume", ["volume", "rm"]],
] as const;
