// JSON output of other programs, validated where it enters.
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";

/**
 * The value that a tool printed.
 * @param tool with its arguments, as it was called.
 * @throws Failure that names the place if it is something else. The output is not quoted, because it may contain a
 * secret.
 */
export function parseToolAnswer<Schema extends v.GenericSchema>(
  schema: Schema,
  tool: string,
  stdout: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), stdout);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Failure(
    "tool-garbled",
    `\`${tool}\` did not print what was expected (${v.getDotPath(issue) ?? "the whole of it"}). Run it by hand to see what is wrong, and run this again.`,
  );
}
