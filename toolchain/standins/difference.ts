// What changed between two versions of a resource's inputs, as property paths.
import { isDeepStrictEqual } from "node:util";
import { isObject, isSecret, type Json, type JsonObject } from "./wire.ts";

export interface Change {
  kind: "add" | "delete" | "update";
  /** The resource must be replaced for it. */
  replace: boolean;
}

/** Changes by property path, as Pulumi writes paths: `spec.template`, `triggers[0]`, `labels["a.b"]`. */
export type Changes = Map<string, Change>;

type Path = (string | number)[];

/** All changes from `before` to `after`, each as deep as both have it; `replaces` tells which of them need a new resource. */
export function changesBetween(before: JsonObject, after: JsonObject, replaces: (path: Path) => boolean): Changes {
  const changes: Changes = new Map();
  const compare = (path: Path, old: Json | undefined, now: Json | undefined): void => {
    const pairs = children(old, now);
    if (pairs) for (const [step, a, b] of pairs) compare([...path, step], a, b);
    else if (!isDeepStrictEqual(old, now)) {
      const kind = old === undefined ? "add" : now === undefined ? "delete" : "update";
      changes.set(pathText(path), { kind, replace: replaces(path) });
    }
  };
  for (const [step, a, b] of children(before, after) ?? []) compare([step], a, b);
  return changes;
}

/** Pairs of parts that can be compared one by one; undefined where the values only compare as a whole. */
function children(old: Json | undefined, now: Json | undefined) {
  if (Array.isArray(old) && Array.isArray(now)) {
    return Array.from({ length: Math.max(old.length, now.length) }, (_, i) => [i, old[i], now[i]] as const);
  }
  if (isObject(old) && isObject(now) && !isSecret(old) && !isSecret(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].map((key) => [key, old[key], now[key]] as const);
  }
  return undefined;
}

function pathText(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === "number") return `[${step}]`;
      if (/[."[\]]/.test(step)) return `["${step.replaceAll('"', '\\"')}"]`;
      return i === 0 ? step : `.${step}`;
    })
    .join("");
}
