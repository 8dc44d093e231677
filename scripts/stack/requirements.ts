// What a stack's configuration requires of this machine, as far as it must be known before Pulumi runs. Pure.
import { load, YAMLException } from "js-yaml";
import * as v from "valibot";
import { Failure } from "../../analysis/failure.js";

/** The values of these keys as text. The program validates them. */
export type StackRequirements = Record<"cluster" | "baseline" | "image", string>;

const projectSchema = v.object({ config: v.record(v.string(), v.looseObject({ default: v.optional(v.unknown()) })) });
const stackSchema = v.nullish(v.object({ config: v.nullish(v.record(v.string(), v.unknown())) }));

/**
 * The requirements, from the defaults upwards: Pulumi.yaml, the stack's file, settings given as arguments.
 * @param stack text of the stack's file; empty if there is none.
 * @param config such as `pi-speedup:cluster=ssh`; the last value of a key counts.
 */
export function readRequirements(project: string, stack: string, config: readonly string[]): StackRequirements {
  const { config: defaults } = parseYaml(projectSchema, "Pulumi.yaml", project);
  const own = parseYaml(stackSchema, "the stack's file, Pulumi.STACK.yaml,", stack)?.config ?? {};
  const given = new Map(config.flatMap(settingOf));
  // Pulumi treats a key without a namespace as one of the project.
  const text = (key: keyof StackRequirements) =>
    textOf(given.get(key) ?? own[`pi-speedup:${key}`] ?? own[key] ?? defaults[key]?.default);
  return { cluster: text("cluster"), baseline: text("baseline"), image: text("image") };
}

/**
 * @throws Failure that names the line or the place, but never its content, because a stack's file may contain secrets.
 */
function parseYaml<Schema extends v.GenericSchema>(schema: Schema, what: string, text: string): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, text.trim() === "" ? {} : loadYaml(what, text));
  if (parsed.success) return parsed.output;
  throw malformed(what, v.getDotPath(parsed.issues[0]) ?? "the whole of it");
}

function loadYaml(what: string, text: string): unknown {
  try {
    return load(text, { maxAliases: 100, maxDepth: 50 });
  } catch (error) {
    const mark = error instanceof YAMLException ? error.mark : undefined;
    throw malformed(what, mark === undefined ? "the whole of it" : `line ${mark.line + 1}`);
  }
}

function malformed(what: string, place: string): Failure {
  return new Failure(
    "stack-file-malformed",
    `The configuration in ${what} cannot be read (${place}). Correct it with \`pulumi config set\` or in an editor, and run this again.`,
  );
}

/** Empty for a list or an object, which none of these keys accepts. The program will refuse it. */
function textOf(value: unknown): string {
  return typeof value === "object" ? "" : String(value);
}

function settingOf(setting: string): [key: string, value: string][] {
  const [, key, value] = /^(?:pi-speedup:)?([A-Za-z]+)=(.*)$/s.exec(setting) ?? [];
  return key === undefined || value === undefined ? [] : [[key, value]];
}
