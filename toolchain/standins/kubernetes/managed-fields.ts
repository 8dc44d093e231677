// Who set which field of a thing: the API server keeps that, and server-side apply goes by it.
import * as v from "valibot";
import { isObject, type Json, type JsonObject } from "../wire.ts";
import { at } from "./annotations.ts";

const entrySchema = v.looseObject({
  manager: v.optional(v.string(), ""),
  operation: v.optional(v.string(), ""),
  subresource: v.optional(v.string(), ""),
  fieldsV1: v.optional(
    v.custom<JsonObject>((value) => typeof value === "object" && value !== null),
    {},
  ),
});
type Entry = v.InferOutput<typeof entrySchema>;

/** Managers whose fields an update takes over: our own creations, and what somebody changed with kubectl. */
const taken: [managerPrefix: string, operation: string][] = [
  ["kubectl", "Apply"],
  ["kubectl", "Update"],
  ["before-first-apply", "Update"],
  ["pulumi-kubernetes", "Update"],
  ["pulumi-resource-kubernetes", "Update"],
];

/** Whether an entry is of a creation by this plugin, which is not made by server-side apply. */
export function isOurUpdate(entry: Json): boolean {
  const manager = at(entry, ["manager"]);
  return (
    at(entry, ["operation"]) === "Update" &&
    ["pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"].includes(String(manager))
  );
}

/**
 * The JSON patch that makes `manager` the applier of all fields that creations and kubectl set, so that the next apply
 * can change and remove them; undefined where there is nothing to take over.
 */
export function takeOver(live: JsonObject, manager: string): JsonObject[] | undefined {
  const entries = v.parse(v.optional(v.array(entrySchema), []), at(live, ["metadata", "managedFields"]));
  const isTaken = ({ manager: name, operation, subresource }: Entry) =>
    !subresource && taken.some(([prefix, how]) => name.startsWith(prefix) && operation === how);
  const ours = ({ manager: name, operation }: Entry) => name === manager && operation === "Apply";
  const merged = entries.filter((entry) => isTaken(entry) || ours(entry));
  if (!merged.some(isTaken)) return undefined;
  const fieldsV1 = merged.map((entry) => entry.fieldsV1).reduce(union);
  const rest = entries.filter((entry) => !merged.includes(entry));
  const own = { ...merged[0], manager, operation: "Apply", fieldsV1 };
  const value = [...rest, own].map(({ subresource, ...entry }) => ({ ...entry, ...(subresource && { subresource }) }));
  return [
    // Entries are JSON, of which the schema only knows a part.
    { op: "replace", path: "/metadata/managedFields", value: value as JsonObject[] },
    // Refused if somebody has changed the thing meanwhile.
    { op: "replace", path: "/metadata/resourceVersion", value: at(live, ["metadata", "resourceVersion"]) ?? "" },
  ];
}

/** Fields of either set; a set is an object of objects, empty at the leaves. */
function union(a: JsonObject, b: JsonObject): JsonObject {
  const both = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const other = both[key];
    both[key] = isObject(other) && isObject(value) ? union(other, value) : value;
  }
  return both;
}
