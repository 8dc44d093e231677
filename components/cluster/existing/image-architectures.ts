// Asks the registry for the architectures of an image. Only used if a cluster's nodes differ in architecture. If the
// answer is unknown, the small Job before the measurement finds out.
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { runTool } from "../../host/run-tool.ts";

const platformSchema = v.looseObject({ os: v.nullish(v.string()), architecture: v.nullish(v.string()) });
const answer = <T extends v.GenericSchema>(schema: T) => v.pipe(v.string(), v.parseJson(), schema);
/**
 * An index, which Docker calls a manifest list. Without `manifests`, it is the manifest of a single image, which names
 * no platform.
 */
const indexSchema = answer(
  v.looseObject({ manifests: v.optional(v.array(v.looseObject({ platform: v.nullish(platformSchema) }))) }),
);
const imageSchema = answer(v.looseObject({ Descriptor: v.looseObject({ platform: v.nullish(platformSchema) }) }));

/** Seconds that Docker may take to ask the registry. */
const patience = 20;

/** Go's names, as nodes report them: amd64, arm64, arm. Undefined if Docker or the registry does not say. */
export async function imageArchitectures(image: string): Promise<ReadonlySet<string> | undefined> {
  const index = v.safeParse(indexSchema, await manifestOf(image));
  if (!index.success) return undefined;
  const { manifests } = index.output;
  if (manifests !== undefined) return architecturesIn(manifests.map(({ platform }) => platform));
  const single = v.safeParse(imageSchema, await manifestOf(image, "--verbose"));
  return single.success ? architecturesIn([single.output.Descriptor.platform]) : undefined;
}

/** Through Docker, because it has the user's logins, mirrors and proxies. Empty if it can't ask. */
async function manifestOf(image: string, ...options: string[]): Promise<string> {
  try {
    const args = ["manifest", "inspect", ...options, "--", image];
    const { code, stdout } = await runTool("docker", args, { seconds: patience, withoutTerminal: true });
    return code === 0 ? stdout : "";
  } catch (error) {
    // If there is no Docker, or it prints without end, the answer is unknown.
    if (error instanceof Failure) return "";
    throw error;
  }
}

function architecturesIn(
  platforms: readonly (v.InferOutput<typeof platformSchema> | null | undefined)[],
): ReadonlySet<string> | undefined {
  const found = platforms.flatMap((platform) => {
    // Attachments of images, such as build records, have the system "unknown".
    const { os, architecture } = platform ?? {};
    return os === "linux" && architecture && architecture !== "unknown" ? [architecture] : [];
  });
  return found.length === 0 ? undefined : new Set(found);
}
