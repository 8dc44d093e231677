import test from "ava";
import fc from "fast-check";
import { printable, printableJson, printableMessage } from "../../analysis/printable.js";
import { anyText } from "../helpers/any-text.ts";

const harmful = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const outside = anyText({ maxLength: 500 });

const evil: [what: string, text: string][] = [
  ["writes the clipboard", "\u001b]52;c;cm0gLXJm\u0007"],
  ["clears the screen", "\u001b[2J"],
  ["clears the screen by a C1 control", "\u009b2J"],
  ["turns the direction of writing", "\u202egnp.exe"],
  ["isolates a direction", "\u2066name\u2069"],
  ["goes back in the line", "good\rbad"],
  ["is half a character", "\ud800"],
  ["hides a name in tags", "a\u{e0041}\u{e0042}"],
  ["joins words unseen", "kube\u200b-system"],
];
for (const [what, text] of evil) {
  test(`text that ${what} is made harmless`, (t) => {
    t.notRegex(printable(text), harmful);
    t.true(printable(text).includes("\ufffd"));
  });
}

test("text of any kind is one harmless line", (t) => {
  fc.assert(
    fc.property(outside, (text) => !harmful.test(printable(text))),
    { numRuns: 2_000 },
  );
  t.pass();
});

test("a message keeps its lines, and nothing else that a terminal obeys", (t) => {
  fc.assert(
    fc.property(fc.array(outside, { maxLength: 10 }), (lines) =>
      printableMessage(lines.join("\n"))
        .split("\n")
        .every((line) => !harmful.test(line)),
    ),
    { numRuns: 2_000 },
  );
  t.is(printableMessage("one\r\ntwo\nthree"), "one\ntwo\nthree");
});

test("a message of megabytes is cut to a readable length", (t) => {
  const shown = printableMessage(`${"x".repeat(5_000_000)}\n${"line\n".repeat(1_000)}`);
  t.true(shown.length <= 2_010 * 51, String(shown.length));
  t.true(printableMessage("line\n".repeat(1_000)).endsWith("\n…"));
});

test("JSON for a terminal holds the same values, and nothing that a terminal obeys", (t) => {
  fc.assert(
    fc.property(fc.array(fc.record({ name: outside, value: fc.integer() })), (values) => {
      const text = printableJson(values);
      t.deepEqual(JSON.parse(text), values);
      return text.split("\n").every((line) => !harmful.test(line));
    }),
    { numRuns: 500 },
  );
});
