import test from "ava";
import fc from "fast-check";
import { embeddedJson, formulaHtml, Html, html, proseHtml, tableHtml } from "../../../report/html/template.ts";
import { anyText } from "../../helpers/any-text.ts";

test("values in a template are text, and HTML only if marked as such", (t) => {
  t.is(html`<p>${"<b>&\"'"}${new Html("<i>x</i>")}</p>`.text, "<p>&lt;b&gt;&amp;&quot;&#39;<i>x</i></p>");
});

test("lists are joined, null is nothing, numbers are themselves", (t) => {
  t.is(html`${["a", html`<br>`, [1, null]]}`.text, "a<br>1");
});

test("the characters after an underscore of a formula are set lower", (t) => {
  t.is(formulaHtml("N·T_S/T_max < 1").text, "N·T<sub>S</sub>/T<sub>max</sub> &lt; 1");
});

test("text between backticks is code, and a single backtick is literal", (t) => {
  t.is(proseHtml("Run `npm run up <x>`, or ` not").text, "Run <code>npm run up &lt;x&gt;</code>, or ` not");
});

test("no text opens a tag or ends an attribute", (t) => {
  fc.assert(
    fc.property(anyText(), (text) => {
      t.notRegex(html`${text}`.text, /[<>"']/);
    }),
  );
});

test("embedded JSON is the value, and can't end its element", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { text } = embeddedJson(value);
      t.false(text.includes("<"));
      t.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
    }),
  );
  t.false(embeddedJson("</script><!--").text.includes("</"));
});

test("a table has a caption, heads of columns and of rows, and is reached by the keyboard", (t) => {
  const { text } = tableHtml({ caption: "C & D", heads: ["a", "b"], rows: [["<1>", "2"]] });
  t.regex(text, /role="region" aria-label="C &amp; D" tabindex="0"/);
  t.regex(text, /<caption>C &amp; D<\/caption>/);
  t.regex(text, /<th scope="col">a<\/th><th scope="col">b<\/th>/);
  t.regex(text, /<th scope="row">&lt;1&gt;<\/th><td>2<\/td>/);
});
