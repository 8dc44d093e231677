// For which architectures there is an image, as its registry tells. Asked only where a cluster's nodes are of several; it may
// stay unknown, and then the small Job before the measurement finds out.
import * as v from "valibot";
import { Failure } from "../../../analysis/failure.js";
import { runTool } from "../../host/run-tool.ts";

const platformSchema = v.looseObject({ os: v.nullish(v.string()), architecture: v.nullish(v.string()) });
const answer = <T extends v.GenericSchema>(schema: T) => v.pipe(v.string(), v.parseJson(), schema);
/** An index, in Docker's words a manifest list; without `manifests` it is one image's own manifest, which names no platform. */
const indexSchema = answer(
  v.looseObject({ manifests: v.optional(v.array(v.looseObject({ platform: v.nullish(platformSchema) }))) }),
);
const imageSchema = answer(v.looseObject({ Descriptor: v.looseObject({ platform: v.nullish(platformSchema) }) }));

/** Seconds that Docker may ask the registry. */
const patience = 20;

/** In the words of Go, as nodes have it: amd64, arm64, arm. Undefined where Docker or the registry does not tell. */
export async function imageArchitectures(image: string): Promise<ReadonlySet<string> | undefined> {
  const index = v.safeParse(indexSchema, await manifestOf(image));
  if (!index.success) return undefined;
  const { manifests } = index.output;
  if (manifests !== undefined) return architecturesIn(manifests.map(({ platform }) => platform));
  const single = v.safeParse(imageSchema, await manifestOf(image, "--verbose"));
  return single.success ? architecturesIn([single.output.Descriptor.platform]) : undefined;
}

/** Docker asks, since it has the user's logins, mirrors and proxies. Empty where it can't. */
async function manifestOf(image: string, ...options: string[]): Promise<string> {
  try {
    const args = ["manifest", "inspect", ...options, "--", image];
    const { code, stdout } = await runTool("docker", args, { seconds: patience, withoutTerminal: true });
    return code === 0 ? stdout : "";
  } catch (error) {
    // No Docker, or one that prints without end: then it is not known.
    if (error instanceof Failure) return "";
    throw error;
  }
}

function architecturesIn(
  platforms: readonly (v.InferOutput<typeof platformSchema> | null | undefined)[],
): ReadonlySet<string> | undefined {
  const found = platforms.flatMap((platform) => {
    // What is attached to images, such as a record of how they were built, is of the system "unknown".
    const { os, architecture } = platform ?? {};
    return os === "linux" && architecture && architecture !== "unknown" ? [architecture] : [];
  });
  return found.length === 0 ? undefined : new Set(found);
}
