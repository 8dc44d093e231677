// YAML as kubectl and Pulumi's plugin read it: Go's library keeps to YAML 1.1 where others have long moved on. There `yes` is
// a truth value, `1_000` a number and `<<` a merge, a tag that nobody knows means nothing, control characters are refused,
// and of several documents only the first is looked at.
import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  type LoadOptions,
  load,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  seqTag,
} from "js-yaml";

const number = (name: string, pattern: RegExp) =>
  defineScalarTag(`tag:yaml.org,2002:${name}`, {
    implicit: true,
    // Which number it is does not matter: nothing that is asked for is one.
    resolve: (source) => (pattern.test(source) ? Number.parseFloat(source.replaceAll("_", "")) : NOT_RESOLVED),
    identify: () => false,
  });

/** Whatever has a tag that Go's library does not know is what it looks like, and of plain text it is text. */
const unknownTag = { tagName: "!", matchByTagPrefix: true, identify: () => false };

const schema = CORE_SCHEMA.withTags(
  boolYaml11Tag,
  number("int", /^(?=[-+\d])(?!_)[-+]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][\d_]*)$/),
  number(
    "float",
    /^[-+]?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?\d+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/,
  ),
  mergeTag,
  defineScalarTag("tag:yaml.org,2002:binary", {
    resolve: (source) => (isBase64(source) ? Buffer.from(source, "base64").toString() : NOT_RESOLVED),
    identify: () => false,
  }),
  defineScalarTag("!", { ...unknownTag, resolve: (source) => source }),
  { ...mapTag, ...unknownTag },
  { ...seqTag, ...unknownTag },
);

/** Whether Go takes it for base64: line breaks are passed over, and nothing else is. */
export function isBase64(text: string): boolean {
  const digits = text.replaceAll(/[\r\n]/g, "");
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits);
}

/** What no YAML may hold. */
const control = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * The value of the first document; null for a text in which there is none.
 * @throws YAMLException for what is no YAML.
 */
export function loadGoYaml(text: string, limits: Pick<LoadOptions, "maxAliases" | "maxTotalMergeKeys" | "maxDepth">) {
  const first = firstDocument(text);
  if (control.test(first)) throw new SyntaxError("control characters are not allowed");
  if (/^(?:\s|#.*)*$/.test(first)) return null;
  // Of a key that comes twice the last counts.
  const value: unknown = load(first, { ...limits, schema, json: true });
  return value;
}

/** Up to the mark that begins the second document, or ends the first. */
function firstDocument(text: string): string {
  let begun = false;
  let from = 0;
  while (from < text.length) {
    const found = text.indexOf("\n", from);
    const end = found < 0 ? text.length : found + 1;
    const line = text.slice(from, end);
    const marks = /^---(?=\s|$)/.test(line);
    if (begun && (marks || /^\.\.\.(?=\s|$)/.test(line))) return text.slice(0, from);
    // Comments and directives may stand before the mark that begins the first one.
    begun ||= marks || !/^\s*(?:#|%|$)/.test(line);
    from = end;
  }
  return text;
}
