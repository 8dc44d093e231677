// What a stack's configuration asks of this machine, as far as it must be known before Pulumi runs. Pure.
import { load } from "js-yaml";
import * as v from "valibot";

/** Values of these keys as text; what they may be is the program's to say. */
export type StackRequirements = Record<"cluster" | "baseline" | "image", string>;

const projectSchema = v.object({ config: v.record(v.string(), v.looseObject({ default: v.optional(v.unknown()) })) });
const stackSchema = v.nullish(v.object({ config: v.nullish(v.record(v.string(), v.unknown())) }));

/**
 * What is asked, from the defaults up: Pulumi.yaml, the stack's file, settings given as arguments.
 * @param stack text of the stack's file; empty: there is none.
 * @param config such as `pi-speedup:cluster=ssh`; the last of a key counts.
 */
export function readRequirements(project: string, stack: string, config: readonly string[]): StackRequirements {
  const { config: defaults } = v.parse(projectSchema, load(project));
  const own = v.parse(stackSchema, stack.trim() === "" ? {} : load(stack))?.config ?? {};
  const given = new Map(config.flatMap(settingOf));
  // Pulumi takes a key without a namespace for the project's.
  const text = (key: keyof StackRequirements) =>
    String(given.get(key) ?? own[`pi-speedup:${key}`] ?? own[key] ?? defaults[key]?.default);
  return { cluster: text("cluster"), baseline: text("baseline"), image: text("image") };
}

function settingOf(setting: string): [key: string, value: string][] {
  const [, key, value] = /^(?:pi-speedup:)?([A-Za-z]+)=(.*)$/s.exec(setting) ?? [];
  return key === undefined || value === undefined ? [] : [[key, value]];
}
