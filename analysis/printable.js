// Sanitizes external text: anything from pods, nodes, API servers, tools and other people's files passes through here
// before it is shown. Plain JavaScript, because toolchain/bootstrap.js needs it under an older Node.js. Pure.

/**
 * Characters that move the cursor, change colours or the writing direction, are half of a pair, or are invisible.
 * External text must not do this to a terminal or its reader.
 */
const unprintable =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Longest line, in characters. Nobody reads a message of a thousand words. */
const longestLine = 2_000;
/** Most lines of one message. */
const mostLines = 50;

/**
 * External text, safe to show in one line.
 * @param {string} text
 * @returns {string}
 */
export function printable(text) {
  return text.replace(unprintable, "\ufffd");
}

/** A message's id, as fault-ids.js appends it. */
const idAtEnd = / \[[a-z0-9-]{1,60}\]$/;

/**
 * A message that contains external text, safe to show. Line breaks are kept. Long text is cut, but keeps the id at its end,
 * which a reader searches for.
 * @param {string} message
 * @returns {string}
 */
export function printableMessage(message) {
  const [id = ""] = idAtEnd.exec(message.slice(-70)) ?? [];
  // Cut first, so that megabytes of text are never processed as a whole.
  const lines = message.slice(0, Math.min(message.length - id.length, longestLine * mostLines)).split(/\r?\n/);
  const cut = lines.length > mostLines ? [...lines.slice(0, mostLines), "…"] : lines;
  const shown = cut.map((line) => printable(line.length > longestLine ? `${line.slice(0, longestLine)} …` : line));
  return shown.join("\n") + id;
}

/**
 * A text of many lines that is shown completely, such as our table with external names in it. Line breaks are kept.
 * @param {string} text
 * @returns {string}
 */
export function printableText(text) {
  return text.split("\n").map(printable).join("\n");
}

/**
 * JSON for a terminal: the same values, with unprintable characters escaped.
 * @param {unknown} value
 * @returns {string}
 */
export function printableJson(value) {
  return escapedJson(JSON.stringify(value, null, 2));
}

/**
 * JSON with unprintable characters escaped: the same values.
 * @param {string} json
 * @returns {string}
 */
export function escapedJson(json) {
  return json.replace(unprintable, (character) =>
    // Line breaks between values come from JSON.stringify. Those inside values are already escaped.
    character === "\n"
      ? character
      : Array.from({ length: character.length }, (_, i) => {
          const unit = character.charCodeAt(i);
          return `\\u${unit.toString(16).padStart(4, "0")}`;
        }).join(""),
  );
}
