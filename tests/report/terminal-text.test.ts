import test from "ava";
import fc from "fast-check";
import stringWidth from "string-width";
import { alignRows, printable, shorten, wrap } from "../../report/terminal-text.ts";

const shortened: [text: string, width: number, expected: string][] = [
  ["short", 5, "short"],
  ["abcdefghij", 5, "ab…ij"],
  ["abcdefghij", 6, "abc…ij"],
  // Each of these takes two places.
  ["中文中文中文", 7, "中文…文"],
  ["中文中文中文", 10, "中文…中文"],
];
for (const [text, width, expected] of shortened) {
  test(`"${text}" in ${width} places is "${expected}"`, (t) => {
    t.is(shorten(text, width), expected);
  });
}

const broken: [text: string, width: number, indent: string, expected: string[]][] = [
  ["one two three", 7, "", ["one two", "three"]],
  ["one two three", 7, "  ", ["one two", "  three"]],
  ["a verylongword b", 6, "", ["a", "verylo", "ngword", "b"]],
  ["中文 中文", 6, "", ["中文", "中文"]],
  ["only 67 % of", 7, "", ["only", "67 % of"]],
  ["in 1.2 s.", 6, "", ["in", "1.2 s."]],
  ["", 10, "", [""]],
];
for (const [text, width, indent, expected] of broken) {
  test(`"${text}" is broken at ${width} places into ${expected.length} lines, indented by ${indent.length}`, (t) => {
    t.deepEqual(wrap(text, width, indent), expected);
  });
}

test("columns are aligned to their widest cell, at the start or the end", (t) => {
  t.deepEqual(
    alignRows(
      [
        ["π", "1"],
        ["中文", "100"],
      ],
      [
        { align: "start", most: 9 },
        { align: "end", most: 9 },
      ],
    ),
    ["π       1", "中文  100"],
  );
});

test("control characters, line ends and marks of direction are replaced, letters of any script stay", (t) => {
  t.is(printable("\u001b[31m\n\u2028\u202e"), "\ufffd[31m\ufffd\ufffd\ufffd");
  t.is(printable("π 中文 🍓 é"), "π 中文 🍓 é");
});

test("a word of a million characters is broken once, not again for each line", (t) => {
  // Counted, not timed: how often the characters of a text are looked at.
  const lines = wrap("ab".repeat(500_000), 100, "  ");
  t.is(lines.length, 1 + Math.ceil((1_000_000 - 100) / 98));
  t.is(lines.join("").replaceAll(" ", "").length, 1_000_000);
});

const anything = fc.string({ unit: "grapheme", maxLength: 80 }).map(printable);

test("shortened text is never wider than its place", (t) => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 40 }), (text, width) => {
      t.true(stringWidth(shorten(text, width)) <= width);
    }),
  );
});

test("broken text is never wider than its place, and nothing but spaces is lost", (t) => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 6, max: 40 }), (text, width) => {
      const lines = wrap(text, width, "  ");
      for (const line of lines) t.true(stringWidth(line) <= width, line);
      t.is(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
    }),
  );
});
