// Pulumi's property values as plugins see them: JSON, in which a secret is an object with a signature and an
// unknown (a value that only a deployment will tell) is one of a few fixed strings.
import type { Struct as StructMessage } from "google-protobuf/google/protobuf/struct_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const refusedSignatures: Record<string, string> = {
  c44067f5952c0a294b673a41bacd8c17: "an asset",
  "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
  "5cf8f73096256a8f31e491e813e4eb8e": "a resource reference",
  d0e6a833031e9bbcd3f4e8bde6ca49a4: "an output value",
};

/** What stands for a value that is not known yet, whatever its type will be. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknowns = new Set([
  unknown,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The properties of a message, nulls at the top left out. Throws for a kind of value that the stand-ins don't know. */
export function fromStruct(message: StructMessage | undefined): JsonObject {
  // A Struct holds JSON by definition; its typing says less.
  const properties = (message?.toJavaScript() ?? {}) as JsonObject;
  refuseSpecial(properties, "");
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}

function refuseSpecial(value: Json, path: string): void {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) refuseSpecial(item, `${path}[${i}]`);
  else if (isObject(value)) {
    const what = refusedSignatures[String(value[signatureKey])];
    if (what) throw new Error(`${path} is ${what}, which this stand-in does not know: use the official plugin.`);
    for (const [key, item] of Object.entries(value)) refuseSpecial(item, path ? `${path}.${key}` : key);
  }
}

/** The message that holds these properties. */
export function toStruct(properties: JsonObject): StructMessage {
  return struct.Struct.fromJavaScript(properties);
}

export function secret(value: Json): JsonObject {
  return { [signatureKey]: secretSignature, value };
}

export function isSecret(value: Json | undefined): value is JsonObject & { value: Json } {
  return isObject(value) && value[signatureKey] === secretSignature && value.value !== undefined;
}

export function isUnknown(value: Json | undefined): boolean {
  return isSecret(value) ? isUnknown(value.value) : typeof value === "string" && unknowns.has(value);
}

/** The same value with every secret laid open; unknowns stay what they are. */
export function reveal(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealValue(item)]));
}

function revealValue(value: Json): Json {
  if (isSecret(value)) return revealValue(value.value);
  if (Array.isArray(value)) return value.map(revealValue);
  return isObject(value) ? reveal(value) : value;
}

export function containsUnknown(value: Json | undefined): boolean {
  return contains(value, isUnknown);
}

function contains(value: Json | undefined, wanted: (value: Json | undefined) => boolean): boolean {
  if (wanted(value)) return true;
  if (Array.isArray(value)) return value.some((item) => contains(item, wanted));
  return isObject(value) && Object.values(value).some((item) => contains(item, wanted));
}

/**
 * Outputs with what was secret in the inputs made secret: property by property inside objects, whole arrays, since
 * their order may change.
 */
export function withSecretsOf(inputs: JsonObject, outputs: JsonObject): JsonObject {
  const marked = { ...outputs };
  for (const [key, input] of Object.entries(inputs)) {
    const output = marked[key];
    if (output === undefined) continue;
    if (isObject(output) && isObject(input) && !isSecret(input)) marked[key] = withSecretsOf(input, output);
    else if (contains(input, isSecret) && !isSecret(output)) marked[key] = secret(output);
  }
  return marked;
}
