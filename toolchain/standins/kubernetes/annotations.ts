// The `pulumi.com/…` annotations: how a resource asks the plugin for a special treatment.
import type { Json } from "../wire.ts";
import { isObject } from "../wire.ts";

const prefix = "pulumi.com/";
const known = ["waitFor", "replaceUnready"] as const;
export type Annotations = Partial<Record<(typeof known)[number], string>>;

/** The plugin's own annotations of an object. Throws for one that this stand-in doesn't know. */
export function annotationsOf(object: Json | undefined): Annotations {
  const metadata = isObject(object) ? object.metadata : undefined;
  const all = isObject(metadata) && isObject(metadata.annotations) ? metadata.annotations : {};
  const found: Annotations = {};
  for (const [key, value] of Object.entries(all)) {
    if (!key.startsWith(prefix)) continue;
    const name = known.find((one) => prefix + one === key);
    if (!name) {
      throw new Error(
        `Annotation ${key} is not known to the stand-in for the Kubernetes plugin, only ${known.map((one) => prefix + one).join(", ")} are: use the official plugin.`,
      );
    }
    found[name] = String(value);
  }
  return found;
}

/** What `waitFor` waits for: that something is there, or that it is `value`. */
export interface Condition {
  text: string;
  steps: (string | number)[];
  value: string | undefined;
}

/** Reads `jsonpath={.a.b[0]}` or `jsonpath={.a.b}=value`; the braces are needed. Throws for anything else. */
export function parseWaitFor(text: string): Condition {
  const [, path = "", value] = /^jsonpath=\{\s*\$?((?:\.[\w-]+|\[\d+\]|\['[^']+'\])+)\s*\}(?:=(.+))?$/.exec(text) ?? [];
  if (!path) {
    throw new Error(
      `Annotation ${prefix}waitFor is «${text}»: this stand-in knows jsonpath={.path} and jsonpath={.path}=value, with names and indices in the path.`,
    );
  }
  const steps = [...path.matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? "") : Number(index),
  );
  return { text: text.slice("jsonpath=".length), steps, value };
}

/** Whether an object fulfils a condition. A status that is older than the specification does not count. */
export function isFulfilled({ text, steps, value }: Condition, object: Json): boolean {
  const generation = at(object, ["metadata", "generation"]);
  const observed = at(object, ["status", "observedGeneration"]);
  if (typeof generation === "number" && typeof observed === "number" && observed < generation) return false;
  const found = at(object, steps);
  if (found === undefined || value === undefined) return found !== undefined;
  if (typeof found === "object" && found !== null) throw new Error(`${text} is not a single value.`);
  return String(found) === value;
}

/** The part of a value at the end of some steps, undefined where there is none. */
export function at(value: Json | undefined, steps: readonly (string | number)[]): Json | undefined {
  return steps.reduce<Json | undefined>((part, step) => {
    if (Array.isArray(part)) return typeof step === "number" ? part[step] : undefined;
    return isObject(part) && Object.hasOwn(part, step) ? part[step] : undefined;
  }, value);
}
