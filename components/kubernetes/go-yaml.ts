// YAML as kubectl and Pulumi's plugin read it. Their Go library follows YAML 1.1 in several respects: `yes` is a Boolean,
// `1_000` is a number, and `<<` is a merge. It ignores unknown tags, rejects control characters, and reads only the first
// of several documents.
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
    // The exact number does not matter, because no value that we read is a number.
    resolve: (source) => (pattern.test(source) ? Number.parseFloat(source.replaceAll("_", "")) : NOT_RESOLVED),
    identify: () => false,
  });

/** A value with an unknown tag is read as if it had no tag. A scalar is then text. */
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

/** Whether Go reads it as base64. Go ignores line breaks, and nothing else. */
export function isBase64(text: string): boolean {
  const digits = text.replaceAll(/[\r\n]/g, "");
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits);
}

/** Characters that YAML does not allow. */
const control = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * The value of the first document; null if there is none.
 * @throws YAMLException if the text is not YAML.
 */
export function loadGoYaml(text: string, limits: Pick<LoadOptions, "maxAliases" | "maxTotalMergeKeys" | "maxDepth">) {
  const first = firstDocument(text);
  if (control.test(first)) throw new SyntaxError("control characters are not allowed");
  if (/^(?:\s|#.*)*$/.test(first)) return null;
  // If a key occurs twice, the last one counts.
  const value: unknown = load(first, { ...limits, schema, json: true });
  return value;
}

/** The text up to the marker that begins the second document or ends the first. */
function firstDocument(text: string): string {
  let begun = false;
  let from = 0;
  while (from < text.length) {
    const found = text.indexOf("\n", from);
    const end = found < 0 ? text.length : found + 1;
    const line = text.slice(from, end);
    const marks = /^---(?=\s|$)/.test(line);
    if (begun && (marks || /^\.\.\.(?=\s|$)/.test(line))) return text.slice(0, from);
    // Comments and directives may precede the marker of the first document.
    begun ||= marks || !/^\s*(?:#|%|$)/.test(line);
    from = end;
  }
  return text;
}
