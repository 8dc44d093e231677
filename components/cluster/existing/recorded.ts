// What the stack's state says that it has created on a cluster. Anyone can use a name or a label. A uid belongs to one
// object forever, and the state belongs to this stack alone, even after `pulumi stack rename`.
import * as pulumi from "@pulumi/pulumi";
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { stackValueIn } from "../../ownership.ts";

/** As of the end of the last deployment. */
export interface Recorded {
  /** Of the namespace, the Jobs, and the nodes with the stack's labels. */
  uids: ReadonlySet<string>;
  /** Value of the stack's label on them; undefined if nothing has it yet. */
  stackValue: string | undefined;
}

/**
 * Asks the engine, which has the state open.
 * @throws Failure if it can't be read, because nothing could then be distinguished from other people's objects.
 */
export async function readRecorded(): Promise<Recorded> {
  const organization = pulumi.getOrganization();
  // Without a service there are no organizations, and older states have no projects. There, the bare name belongs to
  // this project.
  const stackName =
    organization === "organization" ? pulumi.getStack() : `${organization}/${pulumi.getProject()}/${pulumi.getStack()}`;
  try {
    return recordedIn(await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      "state-unread",
      `The resources of this stack could not be read from its state (${why}). Check that \`pulumi stack export\` works for stack "${pulumi.getStack()}", and run \`pulumi up\` again.`,
    );
  }
}

const labels = v.optional(v.record(v.string(), v.string()));

/** A resource of the Kubernetes plugin, as far as it matters here. */
const objectSchema = v.object({
  metadata: v.object({ uid: v.string(), labels }),
  spec: v.optional(v.object({ template: v.optional(v.object({ metadata: v.optional(v.object({ labels })) })) })),
});

const stateSchema = v.object({
  outputs: v.record(v.string(), v.object({ type: v.string(), outputs: v.optional(v.unknown()) })),
});

/** In order of trust: a Job's labels can't be changed, but anyone who may patch nodes can change theirs. */
const kinds = ["kubernetes:batch/v1:Job", "kubernetes:core/v1:Namespace", "kubernetes:core/v1:NodePatch"];

/**
 * Extracts the relevant part of a state.
 * @param state the engine's answer: `outputs` holds type and outputs of each resource, by URN.
 * @throws ValiError if it is not such an answer.
 */
export function recordedIn(state: unknown): Recorded {
  const resources = Object.values(v.parse(stateSchema, state).outputs);
  const objects = kinds.flatMap((kind) =>
    resources.flatMap(({ type, outputs }) => {
      // A resource whose creation failed has no uid, and belongs to nobody.
      const object = v.safeParse(objectSchema, outputs);
      return type === kind && object.success ? [object.output] : [];
    }),
  );
  const values = objects.map(({ metadata, spec }) => stackValueIn(spec?.template?.metadata?.labels ?? metadata.labels));
  return {
    uids: new Set(objects.map(({ metadata }) => metadata.uid)),
    stackValue: values.find((value) => value !== undefined),
  };
}
