// Docker objects that have our labels.
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";
import { type DockerLabels, dockerLabel } from "../ownership.ts";
import { dockerSilent } from "./docker.ts";
import { lastLine, runTool } from "./run-tool.ts";
import { parseToolAnswer } from "./tool-answer.ts";

/** A Docker object. */
export interface Labelled {
  kind: "container" | "network" | "volume";
  /** For a volume its name, which is its only identifier. */
  id: string;
  name: string;
  /** For a container, as Docker reports it; empty for others. */
  state: string;
  /** Name of a container's image; empty for others. */
  image: string;
  /** Our labels; empty if missing. */
  labels: Required<DockerLabels>;
}

/** Docker does not answer, or refused. */
export class DockerFailed extends Failure {
  /** Docker's own message. */
  readonly words: string;
  constructor(words: string) {
    const { id, text } = dockerSilent(words);
    super(id, text);
    this.words = words;
  }
}

/** Seconds. A daemon that hangs accepts a request but never answers. Nodes use their grace period before they stop. */
const patience = { answer: 60, removal: 300 };

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
 * Lists the objects that match a Docker filter, such as `label=k3d.cluster=NAME`.
 * @throws DockerFailed
 */
export async function listLabelled(kind: Labelled["kind"], filter: string): Promise<Labelled[]> {
  const { args, id, name, state, image } = listings[kind];
  // Not `{{json .}}`, which joins all labels with commas. A folder's name may contain one.
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

/** Removes these objects, including running containers with their anonymous volumes. @throws DockerFailed */
export async function removeLabelled(things: readonly Labelled[]): Promise<void> {
  for (const [kind, args] of removals) {
    const ids = things.filter((each) => each.kind === kind).map(({ id }) => id);
    if (ids.length === 0) continue;
    const { code, stderr } = await runTool("docker", [...args, ...ids], { seconds: patience.removal });
    if (code !== 0) throw new DockerFailed(lastLine(stderr));
  }
}

/** Networks and volumes are removed after the containers that use them. */
const removals = [
  ["container", ["rm", "--force", "--volumes"]],
  ["network", ["network", "rm"]],
  ["volume", ["volume", "rm"]],
] as const;
